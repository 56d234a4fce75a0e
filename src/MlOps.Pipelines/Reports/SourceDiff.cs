using System.Globalization;
using System.Text;
using DiffPlex;
using DiffPlex.Model;
using MlOps.Code;

namespace MlOps.Pipelines.Reports;

/// <summary>What differs between two states of a source file, as unified diffs have it.</summary>
/// <param name="File">Relative to the workspace.</param>
/// <param name="Hunks">Each with three lines around it.</param>
internal sealed record SourceDiff(string File, IReadOnlyList<SourceHunk> Hunks)
{
    private const int Context = 3;

    /// <summary>Between two texts; a file that is not there has none.</summary>
    public static SourceDiff Of(string file, string before, string after)
    {
        var diff = new Differ().CreateLineDiffs(before, after, ignoreWhitespace: false);
        var hunks = new List<SourceHunk>();
        for (var i = 0; i < diff.DiffBlocks.Count;)
        {
            var end = i + 1;
            while (end < diff.DiffBlocks.Count && diff.DiffBlocks[end].DeleteStartA - End(diff.DiffBlocks[end - 1]) <= 2 * Context)
            {
                end++;
            }

            hunks.Add(Hunk(diff, i, end));
            i = end;
        }

        return new(file, hunks);

        static int End(DiffBlock block) => block.DeleteStartA + block.DeleteCountA;
    }

    /// <summary>As <c>diff -u</c> prints it.</summary>
    public string Text => $"--- {File}\n+++ {File}\n{string.Concat(Hunks.SelectMany(hunk => hunk.Lines).Select(line => line + "\n"))}";

    private static SourceHunk Hunk(DiffResult diff, int from, int to)
    {
        var (first, last) = (diff.DiffBlocks[from], diff.DiffBlocks[to - 1]);
        var lead = Math.Min(Context, first.DeleteStartA);
        var (oldAt, newAt) = (first.DeleteStartA - lead, first.InsertStartB - lead);
        var (oldLines, newLines) = (Lines(diff.PiecesOld), Lines(diff.PiecesNew));
        var oldEnd = Math.Min(oldLines.Length, last.DeleteStartA + last.DeleteCountA + Context);
        var newEnd = Math.Min(newLines.Length, last.InsertStartB + last.InsertCountB + Context);
        var lines = new List<string> { string.Create(CultureInfo.InvariantCulture, $"@@ -{Range(oldAt, oldEnd)} +{Range(newAt, newEnd)} @@") };
        var at = oldAt;
        for (var i = from; i < to; i++)
        {
            var block = diff.DiffBlocks[i];
            lines.AddRange(oldLines.Take(block.DeleteStartA).Skip(at).Select(line => $" {line}"));
            lines.AddRange(oldLines.Skip(block.DeleteStartA).Take(block.DeleteCountA).Select(line => $"-{line}"));
            lines.AddRange(newLines.Skip(block.InsertStartB).Take(block.InsertCountB).Select(line => $"+{line}"));
            at = block.DeleteStartA + block.DeleteCountA;
        }

        lines.AddRange(oldLines.Take(oldEnd).Skip(at).Select(line => $" {line}"));
        return new(oldAt + 1, oldEnd, newAt + 1, newEnd, lines);
    }

    // What follows the last line feed is no line if it is empty.
    private static string[] Lines(string[] pieces) => pieces is [.. var lines, ""] ? lines : pieces;

    private static string Range(int from, int end) => string.Create(CultureInfo.InvariantCulture, $"{(end == from ? from : from + 1)},{end - from}");
}

/// <summary>Lines that changed, with some around them.</summary>
/// <param name="OldFirst">The first line of the old text, from 1.</param>
/// <param name="OldLast">The last.</param>
/// <param name="NewFirst">The first line of the new text.</param>
/// <param name="NewLast">The last.</param>
/// <param name="Lines">As they are printed, the header first.</param>
internal sealed record SourceHunk(int OldFirst, int OldLast, int NewFirst, int NewLast, IReadOnlyList<string> Lines)
{
    /// <summary>Whether it is about a member that stood and stands at these places.</summary>
    public bool Touches(SourcePlace? before, SourcePlace? after) =>
        (before is not null && before.First <= OldLast && before.Last >= OldFirst) || (after is not null && after.First <= NewLast && after.Last >= NewFirst);
}
