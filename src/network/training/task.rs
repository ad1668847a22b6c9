//! Points to train on, with labels.

use ndarray::Array1;

use crate::network::sample::{Address, Stream};
use crate::network::{Network, Scaled, forward};

/// The distance of the centre of each of two clusters from 0, in deviations of the noise.
const APART: f64 = 3.0;

/// Where points come from; all but those of a file are of norm √d.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Uniform on the sphere, with fair labels ±1 that depend on nothing.
    Sphere,
    /// Standard normal around ±3e, e a uniform direction; the label is the sign.
    Clusters,
    /// Uniform on the sphere; the label is the sign of another random network of the same family.
    Teacher,
    /// Uniform on the sphere of the first k coordinates, with fair labels. The law of a random
    /// network is the same in every orthonormal basis, so that these stand for any subspace.
    Subspace(usize),
    /// These, n × d, and their labels.
    Given(Vec<Vec<f64>>, Vec<f64>),
}

impl Source {
    /// As shown and stored.
    pub fn name(&self) -> String {
        match self {
            Source::Sphere => "sphere".into(),
            Source::Clusters => "clusters".into(),
            Source::Teacher => "teacher".into(),
            Source::Subspace(k) => format!("subspace:{k}"),
            Source::Given(..) => "given".into(),
        }
    }

    /// The dimension of the subspace that all points lie in, if it is a smaller one.
    pub fn subspace(&self) -> Option<usize> {
        match self {
            Source::Subspace(k) => Some(*k),
            _ => None,
        }
    }

    /// Are labels of fresh points known, so that it can be told whether they are met?
    pub fn generalises(&self) -> bool {
        matches!(self, Source::Clusters | Source::Teacher)
    }
}

/// Points, and their labels.
#[derive(Clone, Debug, Default)]
pub struct Points {
    /// Each of dimension d.
    pub points: Vec<Scaled>,
    /// One for each.
    pub labels: Vec<f64>,
}

impl Points {
    /// So many to train on, and fresh ones, in a trial; a teacher is drawn as another trial of the
    /// network, which has to be drawn again afterwards.
    pub fn draw(
        source: &Source,
        [count, fresh]: [usize; 2],
        (seed, trial): (u64, u64),
        network: &mut dyn Network,
    ) -> [Points; 2] {
        let dimension = network.widths()[0];
        let normals = |n: usize, block: u64| {
            let mut values = vec![0.0; n];
            let layer = Address::TASK + 1;
            Stream::new(Address { seed, trial, layer, block }).fill(&mut values);
            values
        };
        let sphere = |mut values: Vec<f64>| {
            values.resize(dimension, 0.0);
            Scaled::new(of_norm(values, (dimension as f64).sqrt()), 0)
        };
        // Blocks 0 and 1 are for what all points share.
        let at = |i: usize| 2 + i as u64;
        let total = count + fresh;
        let labels: Vec<f64> =
            normals(total, 0).into_iter().map(|z| if z > 0.0 { 1.0 } else { -1.0 }).collect();
        let mut all = Points { points: Vec::new(), labels };
        match source {
            Source::Sphere => {
                all.points = (0..total).map(|i| sphere(normals(dimension, at(i)))).collect();
            }
            Source::Subspace(k) => {
                all.points = (0..total).map(|i| sphere(normals(*k, at(i)))).collect();
            }
            Source::Clusters => {
                let centre = of_norm(normals(dimension, 1), APART);
                let point = |i: usize| {
                    let noise = Array1::from(normals(dimension, at(i)));
                    sphere((noise + &centre * all.labels[i]).to_vec())
                };
                all.points = (0..total).map(point).collect();
            }
            Source::Teacher => {
                all.points = (0..total).map(|i| sphere(normals(dimension, at(i)))).collect();
                network.draw(Address::TEACHER + trial);
                let outputs = forward(network, &all.points);
                let sign = |mantissa: f64| if mantissa > 0.0 { 1.0 } else { -1.0 };
                all.labels = outputs.iter().map(|pass| sign(pass.output().mantissa)).collect();
            }
            Source::Given(points, labels) => {
                let points: Vec<Scaled> =
                    points.iter().map(|p| Scaled::new(Array1::from(p.clone()), 0)).collect();
                let fresh = (count..total).map(|i| sphere(normals(dimension, at(i)))).collect();
                let known = Points { points, labels: labels.clone() };
                return [known, Points { points: fresh, labels: all.labels.split_off(count) }];
            }
        }
        let fresh =
            Points { points: all.points.split_off(count), labels: all.labels.split_off(count) };
        [all, fresh]
    }
}

fn of_norm(values: Vec<f64>, norm: f64) -> Array1<f64> {
    let values = Array1::from(values);
    let length = values.dot(&values).sqrt();
    values * (norm / length)
}
