//! Constants of an operator; all are used, or the operator is refused.

use std::collections::BTreeMap;

use crate::given::file::refusal::{Read, refuse, shown};

use super::proto::{Array, Attribute, Node};

/// Those of a node that are not used yet.
pub(super) struct Attributes<'a> {
    left: BTreeMap<&'a str, &'a Attribute>,
}

impl<'a> Attributes<'a> {
    pub fn new(node: &'a Node) -> Read<Self> {
        let mut left = BTreeMap::new();
        for attribute in &node.attributes {
            if left.insert(attribute.name.as_str(), attribute).is_some() {
                return refuse(format!("has two attributes {}", shown(&attribute.name)));
            }
        }
        Ok(Attributes { left })
    }

    fn take<T>(
        &mut self,
        name: &str,
        value: impl Fn(&'a Attribute) -> Option<T>,
    ) -> Read<Option<T>> {
        match self.left.remove(name).map(value) {
            None => Ok(None),
            Some(Some(value)) => Ok(Some(value)),
            Some(None) => refuse(format!("has an attribute {name} of an unknown type")),
        }
    }

    pub fn float(&mut self, name: &str) -> Read<Option<f64>> {
        let value = self.take(name, |attribute| attribute.float)?;
        match value {
            Some(value) if !value.is_finite() => {
                refuse(format!("has {value} as {name}: finite numbers are allowed"))
            }
            value => Ok(value.map(f64::from)),
        }
    }

    pub fn int(&mut self, name: &str) -> Read<Option<i64>> {
        self.take(name, |attribute| attribute.int)
    }

    pub fn ints(&mut self, name: &str) -> Read<Option<&'a [i64]>> {
        self.take(name, |attribute| Some(attribute.ints.as_slice()))
    }

    pub fn floats(&mut self, name: &str) -> Read<Option<&'a [f32]>> {
        self.take(name, |attribute| Some(attribute.floats.as_slice()))
    }

    pub fn array(&mut self, name: &str) -> Read<Option<&'a Array>> {
        self.take(name, |attribute| attribute.array.as_ref())
    }

    pub fn text(&mut self, name: &str) -> Read<Option<&'a str>> {
        self.take(name, |attribute| str::from_utf8(attribute.text.as_ref()?).ok())
    }

    /// Whether a number that stands for a truth is not 0.
    pub fn flag(&mut self, name: &str) -> Read<bool> {
        Ok(self.int(name)?.unwrap_or(0) != 0)
    }

    /// # Errors
    /// One was not used.
    pub fn done(self) -> Read<()> {
        match self.left.keys().next() {
            Some(name) => refuse(format!("has an attribute {}, which is not known", shown(name))),
            None => Ok(()),
        }
    }
}
