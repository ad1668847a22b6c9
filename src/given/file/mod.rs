//! Networks and inputs from files. Every tensor of a file is used, or refused by its name.
