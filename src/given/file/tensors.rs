//! Files of arrays with names: safetensors, and .npz of NumPy.

use std::collections::HashSet;
use std::fmt;
use std::io::Cursor;

use safetensors::SafeTensors;
use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::given::Dtype;

use super::npy;
use super::refusal::{Read, Refusal, refuse, shown};
use super::tensor::{ENTRIES, Kind, Tensor};

/// Arrays in a file at most.
const ARRAYS: usize = 10_000;

/// All arrays of a file of safetensors.
pub(super) fn safetensors(bytes: &[u8]) -> Read<Vec<Tensor>> {
    names_differ(bytes)?;
    let file = SafeTensors::deserialize(bytes)
        .map_err(|why| format!("cannot be read as safetensors: {why}"))?;
    if file.len() > ARRAYS {
        return refuse(format!("holds more than {ARRAYS} arrays"));
    }
    let mut left = ENTRIES;
    let mut tensors = Vec::new();
    for (name, view) in file.iter() {
        use safetensors::Dtype as Stored;
        let kind = match view.dtype() {
            Stored::F16 => Kind::Float(Dtype::F16),
            Stored::BF16 => Kind::Float(Dtype::BF16),
            Stored::F32 => Kind::Float(Dtype::F32),
            Stored::F64 => Kind::Float(Dtype::F64),
            other => {
                return refuse(format!(
                    "tensor {} holds {other:?}: F16, BF16, F32 and F64 are allowed",
                    shown(name)
                ));
            }
        };
        let tensor = Tensor::decode(name, kind, view.shape().to_vec(), view.data())?;
        left = left.checked_sub(tensor.values.len()).ok_or_else(too_many)?;
        tensors.push(tensor);
    }
    // The library keeps names in a map of no order.
    tensors.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(tensors)
}

fn too_many() -> Refusal {
    format!("holds more than {ENTRIES} numbers, which is the most that is read").into()
}

/// The library keeps the last of two arrays of one name.
fn names_differ(bytes: &[u8]) -> Read<()> {
    struct Names;
    impl<'de> Visitor<'de> for Names {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("names of arrays")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let (mut seen, mut twice) = (HashSet::new(), None);
            while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
                if !seen.insert(name.clone()) {
                    twice = Some(name);
                }
            }
            Ok(twice)
        }
    }
    let header = bytes.split_at_checked(8).and_then(|(length, rest)| {
        let length = u64::from_le_bytes(length.try_into().ok()?);
        rest.get(..usize::try_from(length).ok()?)
    });
    // What cannot be read is refused, in better words, by the library.
    let Some(header) = header else { return Ok(()) };
    match serde_json::Deserializer::from_slice(header).deserialize_map(Names) {
        Ok(Some(name)) => refuse(format!("has two arrays of the name {}", shown(&name))),
        _ => Ok(()),
    }
}

/// What is wrong with an archive, in words for those who never saw one from within.
fn broken(why: &ZipError) -> Refusal {
    match why {
        ZipError::UnsupportedArchive(_) | ZipError::InvalidPassword => {
            "is encrypted or packed in a way that is not read: save it by numpy.savez".into()
        }
        ZipError::Io(why) => format!("cannot be read as .npz: {}", why.kind()).into(),
        _ => "is no .npz of NumPy, or was cut off".into(),
    }
}

/// All arrays of an archive of NumPy.
pub(super) fn npz(bytes: &[u8]) -> Read<Vec<Tensor>> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|why| broken(&why))?;
    if archive.has_duplicate_names() {
        return refuse("has two arrays of one name");
    }
    if archive.len() > ARRAYS {
        return refuse(format!("holds more than {ARRAYS} arrays"));
    }
    let mut left = ENTRIES;
    let mut tensors: Vec<Tensor> = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index);
        let entry = entry.map_err(|why| broken(&why))?;
        let path = entry.name().map_err(|why| format!("has an array without a name: {why}"))?;
        let path = path.into_owned();
        if path.ends_with("data.pkl") {
            return refuse(
                "is a pickle of PyTorch, which may run code when read: save it as \
                           safetensors",
            );
        }
        let name = path.strip_suffix(".npy").unwrap_or(&path);
        if left == 0 {
            return Err(too_many());
        }
        let array = npy::read(entry, left).map_err(|why| why.of_tensor(name))?;
        left -= array.values.len();
        tensors.push(Tensor::new(name, array.kind, array.shape, array.values)?);
    }
    tensors.sort_by(|one, other| one.name.cmp(&other.name));
    match tensors.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => refuse(format!("has two arrays of the name {}", shown(&pair[0].name))),
        None => Ok(tensors),
    }
}
