"""DeePMD-kit: training and testing of one potential."""
