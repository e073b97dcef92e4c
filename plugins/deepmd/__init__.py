"""DeePMD-kit: train one potential from blocks of labelled frames, test a committee on blocks."""
