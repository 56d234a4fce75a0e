using MlOps.Scoring.Internal;

namespace MlOps.Scoring.Onnx.Internal;

/// <summary>Calendar parts in int64 arithmetic, operator by operator what <see cref="CivilCalendar"/> does; circles by table.</summary>
internal sealed partial class GraphWriter
{
    private string Calendar(string block, CalendarEncoder encoder)
    {
        var (missing, days, inDay) = Instant(block, encoder.Column);
        var parts = encoder.Parts.Select((part, i) => Part(PartName(block, part, i), part, days, inDay)).ToArray();
        var whole = Node("", "Concat", parts, $"{block}/parts", Int("axis", 1));
        var real = Node("", "Cast", [whole], $"{block}/real", Int("to", (long)ElementType.Float));
        var fill = Constant($"{block}/fill", encoder.Fill);
        return Scaled(block, Node("", "Where", [missing, fill, real], $"{block}/filled"), encoder.Offsets, encoder.Scales);
    }

    private string Cyclic(string block, CyclicEncoder encoder)
    {
        var (missing, days, inDay) = Instant(block, encoder.Column);
        var places = encoder.Parts.Select((part, i) => Place($"{block}/{part.ToString().ToLowerInvariant()}{i}", part, days, inDay)).ToArray();
        var circles = Node("", "Concat", places, $"{block}/circles", Int("axis", 1));
        return Node("", "Where", [missing, Constant($"{block}/fill", [encoder.Fill]), circles], $"{block}/filled");
    }

    private string Place(string name, CalendarPart part, string days, string inDay)
    {
        var circle = CivilCalendar.Circle(part);
        _graph.Initializers.Add(new() { Name = $"{name}/circle", Type = ElementType.Float, Dims = [circle.Length / 2, 2], Floats = circle });
        var place = Node("", "Gather", [$"{name}/circle", Part(name, part, days, inDay)], $"{name}/place", Int("axis", 0));
        return Node("", "Flatten", [place], $"{name}/angle", Int("axis", 1));
    }

    private (string Missing, string Days, string InDay) Instant(string block, string column)
    {
        var input = _inputs[column];
        var missing = Node("", "Equal", [input, Constant($"{block}/none", long.MinValue)], $"{block}/missing");
        var instant = Node("", "Where", [missing, Constant($"{block}/epoch", 0), input], $"{block}/instant");
        var inDay = Arithmetic("Mod", instant, CivilCalendar.DayMilliseconds, $"{block}/in-day");
        var midnight = Node("", "Sub", [instant, inDay], $"{block}/midnight");
        return (missing, Arithmetic("Div", midnight, CivilCalendar.DayMilliseconds, $"{block}/days"), inDay);
    }

    /// <summary>What a part is called, from which <see cref="GraphReader"/> knows it; the first four are known by their operators.</summary>
    private static string PartName(string block, CalendarPart part, int i) =>
        part <= CalendarPart.Month ? $"{block}/part{i}" : $"{block}/{part.ToString().ToLowerInvariant()}{i}";

    private string Part(string name, CalendarPart part, string days, string inDay) => part switch
    {
        CalendarPart.Days => Node("", "Identity", [days], name),
        CalendarPart.Hour => Arithmetic("Div", inDay, CivilCalendar.HourMilliseconds, name),
        CalendarPart.Weekday => Arithmetic("Mod", Arithmetic("Add", days, 3, $"{name}/monday"), 7, name),
        CalendarPart.Minute => Arithmetic("Div", Arithmetic("Mod", inDay, CivilCalendar.HourMilliseconds, $"{name}/in-hour"), CivilCalendar.MinuteMilliseconds, name),
        CalendarPart.Month => Month(name, days),
        CalendarPart.Day => Day(name, days),
        CalendarPart.Year => Year(name, days),
        _ => DayOfYear(name, days),
    };

    private string Month(string name, string days)
    {
        var fromMarch = Arithmetic("Add", Civil(name, days).Month, 2, $"{name}/january");
        return Arithmetic("Add", Arithmetic("Mod", fromMarch, 12, $"{name}/zero-based"), 1, name);
    }

    private string Day(string name, string days)
    {
        var civil = Civil(name, days);
        var shifted = Arithmetic("Add", Arithmetic("Mul", civil.Month, 153, $"{name}/month-fifths"), 2, $"{name}/month-shifted");
        var first = Arithmetic("Div", shifted, 5, $"{name}/month-start");
        return Arithmetic("Add", Node("", "Sub", [civil.Day, first], $"{name}/zero-based"), 1, name);
    }

    private string Year(string name, string days)
    {
        var civil = Civil(name, days);
        var start = Node("", "Sub", [$"{name}/from-march", $"{name}/day-of-era"], $"{name}/era-start");
        var years = Arithmetic("Mul", Arithmetic("Div", start, CivilCalendar.EraDays, $"{name}/era"), 400, $"{name}/era-years");
        var march = Node("", "Add", [years, civil.Year], $"{name}/march-year");
        return Node("", "Add", [march, Arithmetic("Div", civil.Month, 10, $"{name}/next")], name);
    }

    private string DayOfYear(string name, string days)
    {
        var before = Arithmetic("Sub", Year($"{name}/year", days), 1, $"{name}/before");
        var plain = Arithmetic("Mul", before, 365, $"{name}/plain");
        var quads = Node("", "Add", [plain, Arithmetic("Div", before, 4, $"{name}/quads")], $"{name}/plus-quads");
        var centuries = Node("", "Sub", [quads, Arithmetic("Div", before, 100, $"{name}/centuries")], $"{name}/less-centuries");
        var start = Node("", "Add", [centuries, Arithmetic("Div", before, 400, $"{name}/eras")], $"{name}/year-start");
        var first = Arithmetic("Add", days, CivilCalendar.DaysFromFirst, $"{name}/from-first");
        return Arithmetic("Add", Node("", "Sub", [first, start], $"{name}/zero-based"), 1, name);
    }

    /// <summary>Year within the era, day and month of years that begin in March.</summary>
    private (string Year, string Day, string Month) Civil(string name, string days)
    {
        var dayOfEra = Arithmetic("Mod", Arithmetic("Add", days, CivilCalendar.DaysFromMarch, $"{name}/from-march"), CivilCalendar.EraDays, $"{name}/day-of-era");
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
        return (year, dayOfYear, Arithmetic("Div", fifths, 153, $"{name}/march"));
    }

    private string Arithmetic(string operation, string input, long operand, string output) =>
        Node("", operation, [input, Constant($"{output}/operand", operand)], output);
}
