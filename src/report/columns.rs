//! The cells of a study as Parquet: one row for each cell and quantity, as in the CSV.

use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::judge::verdict::Verdict;
use crate::num::magnitude::Magnitude;
use crate::study::{Line, Quantity, Study, Value};

const SCHEMA: &str = "message cells {
    required int64 cell;
    required binary input (UTF8);
    required int64 depth;
    required binary widths (UTF8);
    required binary delta (UTF8);
    optional binary radius (UTF8);
    optional binary step (UTF8);
    required binary slope (UTF8);
    required int64 trials;
    optional int64 seed;
    optional binary engine (UTF8);
    required binary quantity (UTF8);
    optional double proved;
    optional double plain;
    optional double expected;
    optional double observed;
    optional int64 n;
    optional double low;
    optional double high;
    optional binary verdict (UTF8);
    required binary failed (UTF8);
}";

/// The file's bytes; the same for the same study.
///
/// # Errors
/// What the format cannot hold: not to be expected.
pub fn parquet(study: &Study, lines: &[Line]) -> Result<Vec<u8>> {
    let rows: Vec<(&Line, &Quantity, Value)> = lines
        .iter()
        .flat_map(|line| {
            let of = move |q: &'static Quantity| (line, q, line.value(q.name).unwrap_or_default());
            study.quantities.iter().map(move |quantity| of(quantity))
        })
        .collect();
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = WriterProperties::builder().set_created_by("relubound".into()).build();
    let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    let text = |text: &str| ByteArray::from(text.as_bytes().to_vec());
    let all = |get: &dyn Fn(&Line, &str) -> ByteArray| {
        rows.iter().map(|(line, quantity, _)| Some(get(line, quantity.name))).collect::<Vec<_>>()
    };
    let some = |get: &dyn Fn(&Line) -> Option<&str>| {
        rows.iter().map(|(line, ..)| get(line).map(text)).collect::<Vec<_>>()
    };
    let number = |get: &dyn Fn((&Quantity, &Value)) -> Option<f64>| {
        rows.iter().map(|(_, quantity, value)| get((quantity, value))).collect::<Vec<_>>()
    };
    let whole = |get: &dyn Fn(&Line) -> i64| {
        rows.iter().map(|(line, ..)| Some(get(line))).collect::<Vec<_>>()
    };
    required::<Int64Type>(&mut group, whole(&|line| line.cell as i64))?;
    required::<ByteArrayType>(&mut group, all(&|line, _| text(&line.input)))?;
    required::<Int64Type>(&mut group, whole(&|line| line.depth as i64))?;
    required::<ByteArrayType>(&mut group, all(&|line, _| text(&line.widths)))?;
    required::<ByteArrayType>(&mut group, all(&|line, _| text(&line.delta)))?;
    optional::<ByteArrayType>(&mut group, some(&|line| line.radius.as_deref()))?;
    optional::<ByteArrayType>(&mut group, some(&|line| line.step.as_deref()))?;
    required::<ByteArrayType>(&mut group, all(&|line, _| text(line.slope())))?;
    required::<Int64Type>(&mut group, whole(&|line| line.trials as i64))?;
    let seeds = rows.iter().map(|(line, ..)| line.seed.map(|seed| seed as i64));
    optional::<Int64Type>(&mut group, seeds.collect())?;
    let engines = rows.iter().map(|(.., value)| value.engine.map(|engine| text(engine.name())));
    optional::<ByteArrayType>(&mut group, engines.collect())?;
    required::<ByteArrayType>(&mut group, all(&|_, name| text(name)))?;
    for get in [(|value: &Value| value.proved) as fn(&Value) -> Option<Magnitude>, |v| v.plain] {
        let safe = |(quantity, value): (&Quantity, &Value)| {
            get(value).map(|bound| bound.to_f64_toward(quantity.toward))
        };
        optional::<DoubleType>(&mut group, number(&safe))?;
    }
    optional::<DoubleType>(&mut group, number(&|(_, v)| v.expected.map(Magnitude::to_f64)))?;
    let seen = |(quantity, value): (&Quantity, &Value)| {
        let seen = value.observed.map(|seen| seen.to_f64_toward(quantity.seen_toward));
        if value.failed { Some(f64::NAN) } else { seen }
    };
    optional::<DoubleType>(&mut group, number(&seen))?;
    let behind = rows.iter().map(|(.., value)| value.n.map(|n| n as i64));
    optional::<Int64Type>(&mut group, behind.collect())?;
    for end in [0, 1] {
        let limit = |(_, value): (&Quantity, &Value)| value.limits.map(|limits| limits[end]);
        optional::<DoubleType>(&mut group, number(&limit))?;
    }
    optional::<ByteArrayType>(&mut group, some(&|line| line.verdict.map(Verdict::name)))?;
    required::<ByteArrayType>(&mut group, all(&|line, _| text(&line.failed.join(" "))))?;
    group.close()?;
    file.into_inner()
}

type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

/// A column without gaps.
fn required<T: DataType>(group: &mut Group<'_>, values: Vec<Option<T::T>>) -> Result<()> {
    column::<T>(group, values, false)
}

/// A column with gaps.
fn optional<T: DataType>(group: &mut Group<'_>, values: Vec<Option<T::T>>) -> Result<()> {
    column::<T>(group, values, true)
}

fn column<T: DataType>(group: &mut Group<'_>, values: Vec<Option<T::T>>, gaps: bool) -> Result<()> {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    let Some(mut column) = group.next_column()? else {
        unreachable!("as many columns as the schema")
    };
    column.typed::<T>().write_batch(&values, gaps.then_some(&levels), None)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Machine;
    use crate::study::Grid;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn what_is_written_is_read() {
        let grid = Grid {
            depths: "1,2".into(),
            widths: "5".into(),
            quantities: "c1,flips".into(),
            trials: "20".into(),
            searches: "6".into(),
            ..Grid::default()
        };
        let study = Study::new(grid).unwrap();
        let machine = Machine { threads: 1, ..Machine::default() };
        let measured = |cell| study.measure(cell, machine, &AtomicBool::new(false), |_| {});
        let lines: Vec<Line> =
            study.cells.iter().map(|cell| measured(cell).unwrap().unwrap()).collect();
        let bytes = parquet(&study, &lines).unwrap();
        assert_eq!(bytes, parquet(&study, &lines).unwrap());
        let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(|row| row.unwrap()).collect();
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[3].get_long(0).unwrap(), 1);
        assert_eq!(rows[3].get_string(11).unwrap(), "flips");
        let flips = lines[1].value("flips").unwrap();
        assert_eq!(rows[3].get_double(15).unwrap(), flips.observed.unwrap().to_f64());
        assert_eq!(rows[3].get_double(18).unwrap(), flips.limits.unwrap()[1]);
        assert_eq!(rows[3].get_long(16).unwrap(), 6);
        assert_eq!(rows[3].get_long(9).unwrap() as u64, lines[1].seed.unwrap());
        assert_eq!(rows[3].get_string(19).unwrap(), lines[1].verdict.unwrap().name());
        assert_eq!(rows[3].get_string(20).unwrap(), "");
        // Nothing is proved of this rate.
        assert!(rows[3].get_double(12).is_err());
    }
}
