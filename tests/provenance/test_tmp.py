def test_it(view, finished, tmp_path):
    from aiida_zif.provenance.report import write_report
    from pathlib import Path

    write_report(view, Path("/tmp/lab/prov/report.html"))
