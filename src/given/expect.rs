//! Where an input stands among random networks of the same shape: a reference, and no claim.
