//! Networks into files.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::given::Given;
use crate::model::error::{Error, Kind, Result};

use super::npy;

/// Writes a network without normalisation as .npz, as scikit-learn lays it out (`coefs_0`,
/// `intercepts_0`, …), so that [`super::network`] reads the same bits; the slope has to be declared
/// then. Half precision is written as `float32`.
///
/// # Errors
/// The network has a normalisation, or slopes that differ, or the file cannot be written.
pub fn write_npz(path: &Path, network: &Given) -> Result<()> {
    let refused = |why: &str| Error::new("network", path.display(), why).of(Kind::File);
    let hidden = network.layers.split_last().map_or(&[][..], |(_, hidden)| hidden);
    let differ = hidden.windows(2).any(|pair| pair[0].slope != pair[1].slope);
    if !network.normalisation.is_empty() || differ || network.layers.is_empty() {
        return Err(refused("an .npz holds layers of one slope without normalisation"));
    }
    let bytes = archive(network).map_err(|why| refused(&format!("cannot be written: {why}")))?;
    fs::write(path, bytes).map_err(|why| Error::io("network", path, "write", &why))
}

fn archive(network: &Given) -> zip::result::ZipResult<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (at, layer) in network.layers.iter().enumerate() {
        zip.start_file(format!("coefs_{at}.npy"), plain)?;
        let (rows, columns) = layer.weights.dim();
        let turned = layer.weights.t();
        zip.write_all(&npy::written(network.dtype, &[columns, rows], turned.iter().copied()))?;
        if let Some(bias) = &layer.bias {
            zip.start_file(format!("intercepts_{at}.npy"), plain)?;
            zip.write_all(&npy::written(network.dtype, &[rows], bias.iter().copied()))?;
        }
    }
    Ok(zip.finish()?.into_inner())
}
