def test_it(view):
    from aiida_zif.provenance.summary import summarise
    import json
    print(json.dumps(summarise(view), indent=1))
    from aiida_zif.provenance.progress import expected_remaining_s
    assert 0
