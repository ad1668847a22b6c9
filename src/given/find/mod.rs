//! What is found by searching: points at which the class is another, or the gradient large.
