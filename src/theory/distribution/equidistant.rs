//! A smooth function of one variable, kept at equal distances.

/// Points through which a value is interpolated.
const STENCIL: usize = 10;

/// Values at start, start + step, ….
pub struct Equidistant {
    start: f64,
    step: f64,
    values: Vec<f64>,
}

impl Equidistant {
    /// Those of `f` from `start` to `end`, at distances of at most `step`.
    pub fn new([start, end]: [f64; 2], step: f64, f: impl Fn(f64) -> f64) -> Self {
        let count = ((end - start) / step).ceil().max(STENCIL as f64);
        let step = (end - start) / count;
        let values = (0..=count as usize).map(|i| f(start + i as f64 * step)).collect();
        Equidistant { start, step, values }
    }

    /// From where to where.
    pub fn range(&self) -> [f64; 2] {
        [self.start, self.start + (self.values.len() - 1) as f64 * self.step]
    }

    /// The polynomial through the points around y, within the range.
    pub fn at(&self, y: f64) -> f64 {
        let place = (y - self.start) / self.step;
        let most = (self.values.len() - STENCIL) as f64;
        let start = (place.floor() - (STENCIL / 2 - 1) as f64).clamp(0.0, most) as usize;
        // Barycentric weights of equidistant points are binomial coefficients with signs.
        let (mut above, mut below, mut weight) = (0.0, 0.0, 1.0);
        for (j, value) in self.values[start..start + STENCIL].iter().enumerate() {
            let distance = place - (start + j) as f64;
            if distance == 0.0 {
                return *value;
            }
            above += weight / distance * value;
            below += weight / distance;
            weight *= -((STENCIL - 1 - j) as f64) / (j + 1) as f64;
        }
        above / below
    }

    /// The derivative there, from values a little beside.
    pub fn slope(&self, y: f64) -> f64 {
        let beside = 0.05 * self.step;
        (self.at(y + beside) - self.at(y - beside)) / (2.0 * beside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smooth_functions_are_followed() {
        let sine = Equidistant::new([-2.0, 3.0], 0.1, f64::sin);
        for i in -200..=300 {
            let y = 0.00999 * f64::from(i);
            // The product of the distances to ten points is at most 9! steps to the tenth power,
            // the tenth derivative 1.
            assert!((sine.at(y) - y.sin()).abs() < 0.1f64.powi(11), "{y}");
            assert!((sine.slope(y) - y.cos()).abs() < 1e-5, "{y}");
        }
    }
}
