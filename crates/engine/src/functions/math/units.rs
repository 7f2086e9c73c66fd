//! Units of measure by name, for the `convert_…` functions: how much of the base unit each is.

use arrow::array::ArrayRef;
use datafusion::common::Result;

use crate::functions::rows::{Memo, Rows, each};

/// A value in base units is `value * factor + shift`.
#[derive(Clone, Copy)]
pub struct Unit {
    factor: f64,
    shift: f64,
}

/// Over the arguments (value, from, to), the units found by `find`.
pub fn convert(rows: &Rows<'_>, find: fn(&str) -> Option<Unit>) -> Result<ArrayRef> {
    let mut sources = Memo::empty();
    let mut targets = Memo::empty();
    each!(rows, [real value, text from, text to] -> RealOut, {
        let from = (*sources.get(from, find))?;
        let to = (*targets.get(to, find))?;
        Some((value * from.factor + from.shift - to.shift) / to.factor)
    })
}

fn unit(factor: f64) -> Option<Unit> {
    Some(Unit { factor, shift: 0.0 })
}

const PREFIXES: [(&str, f64); 11] = [
    ("Nano", 1e-9),
    ("Micro", 1e-6),
    ("Milli", 1e-3),
    ("Centi", 1e-2),
    ("Deci", 1e-1),
    ("Deca", 1e1),
    ("Hecto", 1e2),
    ("Kilo", 1e3),
    ("Mega", 1e6),
    ("Giga", 1e9),
    ("Tera", 1e12),
];

/// `Kilometer` for the base `meter`, and `Meter` itself.
fn metric(name: &str, base: &str, factor: f64) -> Option<Unit> {
    if name.eq_ignore_ascii_case(base) {
        return unit(factor);
    }
    let of_base = |(prefix, scale): &(&str, f64)| {
        let rest = name.strip_prefix(prefix)?;
        rest.eq_ignore_ascii_case(base).then_some(scale * factor)
    };
    unit(PREFIXES.iter().find_map(of_base)?)
}

/// `KilolightYear`, `DeciusGallon`: a unit that has a name of its own, so many times.
fn scaled(name: &str, of: fn(&str) -> Option<Unit>) -> Option<Unit> {
    PREFIXES.iter().find_map(|(prefix, scale)| {
        let rest = name.strip_prefix(prefix)?;
        let named = rest.starts_with(|c: char| c.is_ascii_lowercase());
        let base = named.then(|| of(&capitalised(rest)))??;
        unit(scale * base.factor)
    })
}

/// Radians.
pub fn angle(name: &str) -> Option<Unit> {
    use std::f64::consts::PI;
    match name {
        "Arcminute" => unit(PI / 10_800.0),
        "Arcsecond" => unit(PI / 648_000.0),
        "Gradian" => unit(PI / 200.0),
        "NatoMil" => unit(PI / 3_200.0),
        "Revolution" => unit(2.0 * PI),
        _ => metric(name, "degree", PI / 180.0).or_else(|| metric(name, "radian", 1.0)),
    }
}

/// Joules.
pub fn energy(name: &str) -> Option<Unit> {
    match name {
        "Calorie" => unit(4.184),
        "Kilocalorie" => unit(4_184.0),
        "Megacalorie" => unit(4_184_000.0),
        "ElectronVolt" => unit(1.602_176_565e-19),
        "Erg" => unit(1e-7),
        "FootPound" => unit(1.355_817_948),
        "HorsepowerHour" => unit(2.684_519_537_696_173e6),
        "ThermEc" => unit(1.055_055_852_62e8),
        "ThermImperial" => unit(1.055_055_852_57e8),
        "ThermUs" => unit(1.054_804e8),
        _ => metric(name, "joule", 1.0)
            .or_else(|| metric(name, "wattHour", 3_600.0))
            .or_else(|| metric(name, "wattDay", 86_400.0))
            .or_else(|| metric(name, "britishThermalUnit", 1_055.055_852_62))
            .or_else(|| scaled(name, energy)),
    }
}

/// Newtons.
pub fn force(name: &str) -> Option<Unit> {
    match name {
        "Dyn" => unit(1e-5),
        "KilogramForce" | "KiloPond" => unit(9.806_65),
        "KilopoundForce" => unit(4_448.221_615_260_5),
        "OunceForce" => unit(0.278_013_850_953_781_2),
        "Poundal" => unit(0.138_254_954_376),
        "PoundForce" => unit(4.448_221_615_260_5),
        "ShortTonForce" => unit(8_896.443_230_521),
        "TonneForce" => unit(9_806.65),
        _ => metric(name, "newton", 1.0),
    }
}

/// Meters.
pub fn length(name: &str) -> Option<Unit> {
    match name {
        "Angstrom" => unit(1e-10),
        "AstronomicalUnit" => unit(1.495_978_707e11),
        "Chain" => unit(20.116_8),
        "DataMile" => unit(1_828.8),
        "DtpPica" => unit(0.0254 / 6.0),
        "DtpPoint" => unit(0.0254 / 72.0),
        "Fathom" => unit(1.828_8),
        "Foot" => unit(0.3048),
        "Hand" => unit(0.1016),
        "Inch" => unit(0.0254),
        "LightYear" => unit(9.460_730_472_58e15),
        "Microinch" => unit(2.54e-8),
        "Mil" => unit(2.54e-5),
        "Mile" => unit(1_609.344),
        "NauticalMile" => unit(1_852.0),
        "Parsec" => unit(3.085_677_581_28e16),
        "Shackle" => unit(27.432),
        "SolarRadius" => unit(6.955_1e8),
        "Twip" => unit(0.0254 / 1_440.0),
        "UsSurveyFoot" => unit(1_200.0 / 3_937.0),
        "PrinterPica" => unit(1.0 / 237.106_301_584),
        "PrinterPoint" => unit(0.0254 / 72.27),
        "Yard" => unit(0.9144),
        _ => metric(name, "meter", 1.0).or_else(|| scaled(name, length)),
    }
}

/// Kilograms.
pub fn mass(name: &str) -> Option<Unit> {
    match name {
        "EarthMass" => unit(5.972_2e24),
        "Grain" => unit(6.479_891e-5),
        "LongHundredweight" => unit(50.802_345_44),
        "LongTon" => unit(1_016.046_908_8),
        "Ounce" => unit(0.028_349_523_125),
        "ShortHundredweight" => unit(45.359_237),
        "ShortTon" => unit(907.184_74),
        "Slug" => unit(14.593_902_937_206_4),
        "SolarMass" => unit(1.989_47e30),
        "Stone" => unit(6.350_293_18),
        _ => metric(name, "gram", 1e-3)
            .or_else(|| metric(name, "tonne", 1e3))
            .or_else(|| metric(name, "pound", 0.453_592_37)),
    }
}

/// Meters per second.
pub fn speed(name: &str) -> Option<Unit> {
    if name == "Knot" {
        return unit(1_852.0 / 3_600.0);
    }
    let (distance, time) = name.split_once("Per")?;
    let seconds = match time {
        "Second" => 1.0,
        "Minute" => 60.0,
        "Hour" => 3_600.0,
        _ => return None,
    };
    unit(length(distance)?.factor / seconds)
}

/// Kelvins.
pub fn temperature(name: &str) -> Option<Unit> {
    let (factor, shift) = match name {
        "Kelvin" => (1.0, 0.0),
        "DegreeCelsius" => (1.0, 273.15),
        "MillidegreeCelsius" => (1e-3, 273.15),
        "DegreeDelisle" => (-2.0 / 3.0, 373.15),
        "DegreeFahrenheit" => (5.0 / 9.0, 459.67 * 5.0 / 9.0),
        "DegreeNewton" => (100.0 / 33.0, 273.15),
        "DegreeRankine" => (5.0 / 9.0, 0.0),
        "DegreeReaumur" => (1.25, 273.15),
        "DegreeRoemer" => (40.0 / 21.0, 273.15 - 7.5 * 40.0 / 21.0),
        "SolarTemperature" => (5_778.0, 0.0),
        _ => return None,
    };
    Some(Unit { factor, shift })
}

/// Cubic meters.
pub fn volume(name: &str) -> Option<Unit> {
    let cubed = |side: f64| unit(side * side * side);
    match name {
        // What the language reference shows for it.
        "AcreFoot" => unit(1.0 / 0.000_810_714),
        "AuTablespoon" => unit(2e-5),
        "BoardFoot" => unit(0.002_359_737_216),
        "ImperialBeerBarrel" => unit(0.163_659_24),
        "UkTablespoon" => unit(1.5e-5),
        "ImperialGallon" => unit(0.004_546_09),
        "ImperialOunce" => unit(2.841_306_25e-5),
        "ImperialPint" => unit(5.682_612_5e-4),
        "MetricCup" => unit(2.5e-4),
        "MetricTeaspoon" => unit(5e-6),
        "OilBarrel" => unit(0.158_987_294_928),
        "UsBeerBarrel" => unit(0.117_347_765_304),
        "UsCustomaryCup" => unit(2.365_882_365e-4),
        "UsGallon" => unit(0.003_785_411_784),
        "UsLegalCup" => unit(2.4e-4),
        "UsOunce" => unit(2.957_352_956_25e-5),
        "UsPint" => unit(4.731_764_73e-4),
        "UsQuart" => unit(9.463_529_46e-4),
        "UsTablespoon" => unit(1.478_676_478_125e-5),
        "UsTeaspoon" => unit(4.928_921_593_75e-6),
        _ => match name.strip_prefix("Cubic") {
            Some(side) => cubed(length(&capitalised(side))?.factor),
            None => metric(name, "liter", 1e-3).or_else(|| scaled(name, volume)),
        },
    }
}

/// `CubicHectometer` names its side in lower case in some spellings.
fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map(|first| first.to_ascii_uppercase())
        .into_iter()
        .chain(chars)
        .collect()
}
