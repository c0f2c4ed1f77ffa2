//! Places, and how far they are from each other.

use indexmap::IndexMap;

use super::path::{Slots, reach_each, split};
use crate::language::ast::Near;
use crate::model::{Text, Value};

/// The mean radius of the Earth in metres.
const RADIUS: f64 = 6_371_008.8;

/// Within a distance of a place.
#[derive(Debug, Clone)]
pub(crate) struct NearTest {
    from: Whose,
    metres: f64,
    centre: Place,
}

/// Where the place that is asked about stands.
#[derive(Debug, Clone)]
enum Whose {
    /// Beside the other properties: the slots of its names.
    Own {
        latitude: [usize; 2],
        longitude: [usize; 4],
    },
    Property {
        slot: usize,
        rest: Box<[Text]>,
    },
}

/// Degrees north and east.
#[derive(Debug, Clone, Copy)]
struct Place {
    latitude: f64,
    longitude: f64,
}

impl NearTest {
    pub(super) fn compile(near: &Near, slots: &mut Slots) -> NearTest {
        let from = match &near.place {
            Some(path) => {
                let (root, rest) = split(path);
                Whose::Property { slot: slots.of(root), rest }
            }
            None => Whose::Own {
                latitude: Near::LATITUDE.map(|name| slots.of(name)),
                longitude: Near::LONGITUDE.map(|name| slots.of(name)),
            },
        };
        let centre = Place { latitude: near.latitude.node.as_f64(), longitude: near.longitude.node.as_f64() };
        NearTest { from, metres: near.metres.node.as_f64(), centre }
    }

    pub(super) fn holds(&self, filled: &[Option<&Value>]) -> bool {
        let value = |slot: usize| filled.get(slot).copied().flatten();
        let near = |place: Place| self.centre.metres_to(place) <= self.metres;
        match &self.from {
            Whose::Own { latitude, longitude } => {
                let first = |slots: &[usize]| slots.iter().find_map(|slot| value(*slot));
                degrees(first(latitude), first(longitude)).is_some_and(near)
            }
            Whose::Property { slot, rest } => value(*slot)
                .is_some_and(|value| reach_each(value, rest, &mut |value| place(value).is_some_and(near))),
        }
    }

    /// The slots that are read.
    pub(super) fn slots(&self) -> Vec<usize> {
        match &self.from {
            Whose::Own { latitude, longitude } => latitude.iter().chain(longitude).copied().collect(),
            Whose::Property { slot, .. } => vec![*slot],
        }
    }
}

impl Place {
    /// The length of the shortest way over the sphere, by the haversine.
    fn metres_to(self, other: Place) -> f64 {
        let half = |degrees: f64| libm::sin(degrees.to_radians() / 2.0);
        let north = half(other.latitude - self.latitude);
        let east = half(other.longitude - self.longitude);
        let cosines = libm::cos(self.latitude.to_radians()) * libm::cos(other.latitude.to_radians());
        // Rounding may carry it past 1 for two places at opposite ends of the Earth.
        let haversine = (north * north + cosines * east * east).min(1.0);
        2.0 * RADIUS * libm::asin(libm::sqrt(haversine))
    }
}

/// The place that a value is: an object with degrees, or a text of two numbers.
fn place(value: &Value) -> Option<Place> {
    match value {
        Value::Object(parts) => {
            let first = |names: &[&str]| names.iter().find_map(|name| part(parts, name));
            degrees(first(&Near::LATITUDE), first(&Near::LONGITUDE))
        }
        Value::Text(text) => {
            let (latitude, longitude) = text.split_once(',')?;
            on_earth(latitude.trim().parse().ok()?, longitude.trim().parse().ok()?)
        }
        _ => None,
    }
}

fn part<'v>(parts: &'v IndexMap<Text, Value>, name: &str) -> Option<&'v Value> {
    parts.get(name)
}

fn degrees(latitude: Option<&Value>, longitude: Option<&Value>) -> Option<Place> {
    match (latitude?, longitude?) {
        (Value::Number(latitude), Value::Number(longitude)) => {
            on_earth(latitude.as_f64(), longitude.as_f64())
        }
        _ => None,
    }
}

fn on_earth(latitude: f64, longitude: f64) -> Option<Place> {
    let known = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
    known.then_some(Place { latitude, longitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_sphere() {
        let place = |latitude, longitude| Place { latitude, longitude };
        let metres = |a: Place, b: Place| a.metres_to(b).round();
        assert_eq!(metres(place(19.07, 72.87), place(19.07, 72.87)), 0.0);
        // A degree of a meridian, a degree of the equator, half way round, and across the date line.
        assert_eq!(metres(place(0.0, 0.0), place(1.0, 0.0)), 111_195.0);
        assert_eq!(metres(place(0.0, 0.0), place(0.0, 1.0)), 111_195.0);
        assert_eq!(metres(place(90.0, 0.0), place(-90.0, 0.0)), 20_015_114.0);
        assert_eq!(metres(place(0.0, 0.0), place(0.0, 180.0)), 20_015_114.0);
        assert_eq!(metres(place(0.0, 179.5), place(0.0, -179.5)), 111_195.0);
        // Mumbai and Pune.
        assert_eq!(metres(place(19.07, 72.87), place(18.52, 73.85)), 119_926.0);
    }

    #[test]
    fn what_is_a_place() {
        let text = |text: &str| place(&Value::text(text)).map(|place| (place.latitude, place.longitude));
        assert_eq!(text("19.07,72.87"), Some((19.07, 72.87)));
        assert_eq!(text(" -19.07 , 72 "), Some((-19.07, 72.0)));
        for none in ["", "19.07", "19.07;72.87", "19,07,72,87", "91,0", "0,181", "nan,0", "inf,0", "a,b"] {
            assert_eq!(text(none), None, "{none}");
        }
        assert!(place(&Value::List(vec![Value::integer(1), Value::integer(2)])).is_none());
    }
}
