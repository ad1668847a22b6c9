//! What is proved of a network at an input: every number is rounded on the safe side.
