"""The daemon of a profile: start, stop, state, repair after crashes, and a watchdog that repairs it by itself."""
