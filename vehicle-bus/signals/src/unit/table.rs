use std::f64::consts::PI;

use super::{Kind, Unit};

const fn kind(name: &'static str, units: &'static [Unit]) -> Kind {
    Kind { name, units }
}

const fn unit(name: &'static str, over: f64, under: f64, others: &'static [&'static str]) -> Unit {
    Unit { name, ratio: (over, under), zero: 0.0, others }
}

const fn shifted(name: &'static str, over: f64, under: f64, zero: f64, others: &'static [&'static str]) -> Unit {
    Unit { name, ratio: (over, under), zero, others }
}

/// The first unit of a kind is its base unit.
pub(super) const KINDS: &[Kind] = &[
    kind(
        "a speed",
        &[
            unit("km/h", 1.0, 1.0, &["kph", "kmph", "km^h", "km/hr", "Unit_KiloMeterPerHour"]),
            unit("m/s", 18.0, 5.0, &["m/sec", "meters/sec", "Unit_MeterPerSecond", "mps"]),
            unit("mph", 1.609_344, 1.0, &["mi/h"]),
            unit("kn", 1.852, 1.0, &["knot", "knots", "kt"]),
        ],
    ),
    kind(
        "a length",
        &[
            unit("m", 1.0, 1.0, &["meter", "meters", "metre", "metres", "Unit_Meter"]),
            unit("mm", 1.0, 1000.0, &["millimeter", "millimeters", "Unit_MilliMeter"]),
            unit("cm", 1.0, 100.0, &["centimeter", "centimeters", "Unit_Centimeter"]),
            unit("km", 1000.0, 1.0, &["kilometer", "kilometers", "kilometre", "Unit_KiloMeter"]),
            unit("inch", 0.0254, 1.0, &["in", "inches"]),
            unit("ft", 0.3048, 1.0, &["feet", "foot"]),
            unit("mi", 1609.344, 1.0, &["mile", "miles"]),
            unit("yd", 0.9144, 1.0, &["yard", "yards"]),
        ],
    ),
    kind(
        "a temperature",
        &[
            unit("Celsius", 1.0, 1.0, &["degC", "°C", "C", "degreesC", "deg_C", "Unit_DegreCelsi", "degree Celsius"]),
            shifted("K", 1.0, 1.0, -273.15, &["Kelvin", "degK", "°K"]),
            shifted("degF", 5.0, 9.0, -160.0 / 9.0, &["F", "°F", "Fahrenheit", "degreesF", "deg_F"]),
        ],
    ),
    kind(
        "a pressure",
        &[
            unit("kPa", 1.0, 1.0, &["kilopascal", "Unit_KiloPascal"]),
            unit("Pa", 1.0, 1000.0, &["pascal", "Unit_Pascal"]),
            unit("hPa", 1.0, 10.0, &[]),
            unit("mbar", 1.0, 10.0, &["millibar", "Unit_MilliBar"]),
            unit("bar", 100.0, 1.0, &["Unit_Bar"]),
            unit("MPa", 1000.0, 1.0, &[]),
            unit("psi", 6.894_757_293_168, 1.0, &[]),
        ],
    ),
    kind(
        "an angle",
        &[
            unit("degrees", 1.0, 1.0, &["deg", "degree", "°", "Unit_DegreOfArc"]),
            unit("rad", 180.0, PI, &["radian", "radians"]),
            unit("mrad", 0.18, PI, &[]),
            unit("milliarcsecond", 1.0, 3_600_000.0, &["mas"]),
        ],
    ),
    kind(
        "a rate of turn",
        &[
            unit("degrees/s", 1.0, 1.0, &["deg/s", "deg/sec", "°/s", "degree/s", "Unit_DegreOfArcPerSecon"]),
            unit("rad/s", 180.0, PI, &["rad/sec"]),
            unit("rpm", 6.0, 1.0, &["1/min", "U/min", "r/min", "rev/min", "Unit_MinutInver"]),
        ],
    ),
    kind(
        "a share",
        &[
            unit("percent", 1.0, 1.0, &["%", "pct", "Unit_PerCent"]),
            unit("ratio", 100.0, 1.0, &[]),
            unit("permille", 1.0, 10.0, &["‰"]),
        ],
    ),
    kind(
        "a voltage",
        &[
            unit("V", 1.0, 1.0, &["volt", "volts", "Unit_Volt"]),
            unit("mV", 1.0, 1000.0, &["millivolt", "Unit_MilliVolt"]),
            unit("kV", 1000.0, 1.0, &[]),
        ],
    ),
    kind(
        "a current",
        &[
            unit("A", 1.0, 1.0, &["amp", "amps", "ampere", "amperes", "Unit_Amper"]),
            unit("mA", 1.0, 1000.0, &["Unit_MilliAmper"]),
        ],
    ),
    kind("a charge", &[unit("Ah", 1.0, 1.0, &[]), unit("mAh", 1.0, 1000.0, &[]), unit("C", 1.0, 3600.0, &["As"])]),
    kind(
        "a power",
        &[
            unit("kW", 1.0, 1.0, &["kilowatt", "Unit_KiloWatt"]),
            unit("W", 1.0, 1000.0, &["watt", "watts", "Unit_Watt"]),
            unit("PS", 0.735_498_75, 1.0, &[]),
            unit("hp", 0.745_699_871_582_270_2, 1.0, &["bhp"]),
        ],
    ),
    kind(
        "an energy",
        &[
            unit("kWh", 1.0, 1.0, &[]),
            unit("Wh", 1.0, 1000.0, &["Unit_WattHour"]),
            unit("MJ", 1.0, 3.6, &[]),
            unit("kJ", 1.0, 3600.0, &[]),
            unit("J", 1.0, 3_600_000.0, &[]),
        ],
    ),
    kind(
        "a torque",
        &[
            unit("Nm", 1.0, 1.0, &["N*m", "N.m", "N-m", "Unit_NewtoMeter"]),
            unit("cNm", 1.0, 100.0, &["Unit_centiNewtoMeter"]),
            unit("lb-ft", 1.355_817_948_331_400_4, 1.0, &["ft-lb", "lbft"]),
        ],
    ),
    kind("a force", &[unit("N", 1.0, 1.0, &["newton", "Unit_Newto"]), unit("kN", 1000.0, 1.0, &["Unit_KiloNewto"])]),
    kind(
        "an acceleration",
        &[
            unit(
                "m/s^2",
                1.0,
                1.0,
                &["m/s2", "m/s/s", "m/sec^2", "meters/sec/sec", "Unit_MeterPerSeconSquar", "Unit_MeterPerSquareSecond"],
            ),
            unit("cm/s^2", 1.0, 100.0, &["cm/s2"]),
            unit("g", 9.806_65, 1.0, &[]),
        ],
    ),
    kind(
        "a mass",
        &[
            unit("kg", 1.0, 1.0, &["kilogram", "Unit_KiloGram"]),
            unit("g", 1.0, 1000.0, &["gram", "grams"]),
            unit("t", 1000.0, 1.0, &["ton", "tons"]),
            unit("lbs", 0.453_592_37, 1.0, &["lb", "pound", "pounds"]),
        ],
    ),
    kind(
        "a time",
        &[
            unit("s", 1.0, 1.0, &["sec", "second", "seconds", "Unit_Secon"]),
            unit("ms", 1.0, 1000.0, &["msec", "millisecond", "milliseconds", "Unit_MilliSecon"]),
            unit("min", 60.0, 1.0, &["minute", "minutes", "Unit_Minut"]),
            unit("h", 3600.0, 1.0, &["hr", "hour", "hours", "Unit_Hours"]),
            unit("day", 86_400.0, 1.0, &["days", "d", "Unit_Day"]),
        ],
    ),
    kind(
        "a volume",
        &[
            unit("l", 1.0, 1.0, &["liter", "liters", "litre", "litres", "Unit_Liter"]),
            unit("ml", 1.0, 1000.0, &["milliliter", "Unit_MilliLiter"]),
            unit("cm^3", 1.0, 1000.0, &["cm3", "ccm", "cc"]),
            unit("gal", 3.785_411_784, 1.0, &["gallon", "gallons", "US gal"]),
        ],
    ),
    kind(
        "a frequency",
        &[
            unit("Hz", 1.0, 1.0, &["hertz", "1/s", "Unit_Hertz"]),
            unit("cpm", 1.0, 60.0, &[]),
            unit("bpm", 1.0, 60.0, &[]),
        ],
    ),
    kind("a mass flow", &[unit("g/s", 1.0, 1.0, &["g/sec"]), unit("kg/h", 1.0, 3.6, &["kg/hr"])]),
    kind(
        "a volume flow",
        &[unit("l/h", 1.0, 1.0, &["l/hr"]), unit("ml/min", 0.06, 1.0, &[]), unit("ml/s", 3.6, 1.0, &[])],
    ),
    kind("an emission", &[unit("g/km", 1.0, 1.0, &[]), unit("mg/km", 1.0, 1000.0, &[])]),
    kind("a consumption of fuel", &[unit("l/100km", 1.0, 1.0, &[]), unit("ml/100km", 1.0, 1000.0, &[])]),
    // Its reciprocal is no multiplication.
    kind(
        "a distance by fuel",
        &[unit("km/l", 1.0, 1.0, &["km/litre"]), unit("mpg", 1.609_344, 3.785_411_784, &["miles/gallon", "mi/gal"])],
    ),
    kind("a consumption of energy", &[unit("kWh/100km", 1.0, 1.0, &[]), unit("Wh/km", 1.0, 10.0, &["watt*hour/km"])]),
    kind("a resistance", &[unit("Ohm", 1.0, 1.0, &["Ω", "Unit_Ohm"]), unit("kOhm", 1000.0, 1.0, &["kΩ"])]),
];
