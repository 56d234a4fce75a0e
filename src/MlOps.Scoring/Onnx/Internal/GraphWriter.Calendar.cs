using MlOps.Scoring.Internal;

namespace MlOps.Scoring.Onnx.Internal;

/// <summary>Calendar parts in int64 arithmetic, operator by operator what <see cref="CivilCalendar"/> does.</summary>
internal sealed partial class GraphWriter
{
    private string Calendar(string block, CalendarEncoder encoder)
    {
        var input = _inputs[encoder.Column];
        var missing = Node("", "Equal", [input, Constant($"{block}/none", long.MinValue)], $"{block}/missing");
        var instant = Node("", "Where", [missing, Constant($"{block}/epoch", 0), input], $"{block}/instant");
        var inDay = Arithmetic("Mod", instant, CivilCalendar.DayMilliseconds, $"{block}/in-day");
        var midnight = Node("", "Sub", [instant, inDay], $"{block}/midnight");
        var days = Arithmetic("Div", midnight, CivilCalendar.DayMilliseconds, $"{block}/days");
        var parts = encoder.Parts.Select((part, i) => Part($"{block}/part{i}", part, days, inDay)).ToArray();
        var whole = Node("", "Concat", parts, $"{block}/parts", Int("axis", 1));
        var real = Node("", "Cast", [whole], $"{block}/real", Int("to", (long)ElementType.Float));
        var fill = Constant($"{block}/fill", encoder.Fill);
        return Scaled(block, Node("", "Where", [missing, fill, real], $"{block}/filled"), encoder.Offsets, encoder.Scales);
    }

    private string Part(string name, CalendarPart part, string days, string inDay) => part switch
    {
        CalendarPart.Day => Node("", "Identity", [days], name),
        CalendarPart.Hour => Arithmetic("Div", inDay, CivilCalendar.HourMilliseconds, name),
        CalendarPart.Weekday => Arithmetic("Mod", Arithmetic("Add", days, 3, $"{name}/monday"), 7, name),
        _ => Month(name, days),
    };

    private string Month(string name, string days)
    {
        var dayOfEra = Arithmetic("Mod", Arithmetic("Add", days, 719_468, $"{name}/from-march"), 146_097, $"{name}/day-of-era");
        var quads = Arithmetic("Div", dayOfEra, 1460, $"{name}/quads");
        var centuries = Arithmetic("Div", dayOfEra, 36_524, $"{name}/centuries");
        var eras = Arithmetic("Div", dayOfEra, 146_096, $"{name}/eras");
        var lessQuads = Node("", "Sub", [dayOfEra, quads], $"{name}/less-quads");
        var plusCenturies = Node("", "Add", [lessQuads, centuries], $"{name}/plus-centuries");
        var lessEras = Node("", "Sub", [plusCenturies, eras], $"{name}/less-eras");
        var year = Arithmetic("Div", lessEras, 365, $"{name}/year");
        var yearDays = Arithmetic("Mul", year, 365, $"{name}/year-days");
        var leapDays = Node("", "Add", [yearDays, Arithmetic("Div", year, 4, $"{name}/leap")], $"{name}/leap-days");
        var yearStart = Node("", "Sub", [leapDays, Arithmetic("Div", year, 100, $"{name}/no-leap")], $"{name}/year-start");
        var dayOfYear = Node("", "Sub", [dayOfEra, yearStart], $"{name}/day-of-year");
        var fifths = Arithmetic("Add", Arithmetic("Mul", dayOfYear, 5, $"{name}/fifths"), 2, $"{name}/shifted");
        var fromMarch = Arithmetic("Add", Arithmetic("Div", fifths, 153, $"{name}/march"), 2, $"{name}/january");
        return Arithmetic("Add", Arithmetic("Mod", fromMarch, 12, $"{name}/zero-based"), 1, name);
    }

    private string Arithmetic(string operation, string input, long operand, string output) =>
        Node("", operation, [input, Constant($"{output}/operand", operand)], output);
}
