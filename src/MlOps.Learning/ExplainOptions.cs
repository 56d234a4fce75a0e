using System.Globalization;
using MlOps.Content;

namespace MlOps.Learning;

/// <summary>How a model is explained; <c>explain</c> in <c>model.json</c>, where <c>false</c> leaves it out.</summary>
[JsonShorthand("on")]
public sealed record ExplainOptions
{
    /// <summary>Whether it is explained at all; default true.</summary>
    public bool On { get; set; } = true;

    /// <summary>How many test rows, taken by their content: 50 to 100000. Default: as many as take a fraction of a second, from 50 to 1000.</summary>
    public int? Rows { get; set; }

    /// <summary>Most columns that are shuffled and drawn, those that move predictions most: 1 to 1000; default 20.</summary>
    public int Features { get; set; } = 20;

    /// <summary>How often each column is shuffled: 2 to 1000; default 5.</summary>
    public int Repeats { get; set; } = 5;

    /// <summary>Most values of a column at which the mean prediction is taken: 2 to 1000; default 10.</summary>
    public int Points { get; set; } = 10;

    /// <summary>What is out of range (MLO6110), each with the name of its member; empty if all is well.</summary>
    public IReadOnlyList<(string Member, Diagnostic Diagnostic)> Validate()
    {
        var found = new List<(string, Diagnostic)>();
        Range(Rows ?? 50, 50, 100_000, "rows");
        Range(Features, 1, 1000, "features");
        Range(Repeats, 2, 1000, "repeats");
        Range(Points, 2, 1000, "points");
        return found;

        void Range(int value, int min, int max, string member)
        {
            if (value < min || value > max)
            {
                found.Add((member, new("MLO6110", $"'{member}' of \"explain\" is out of range")
                {
                    Why = string.Create(CultureInfo.InvariantCulture, $"it is {value}; allowed is {min} to {max}"),
                    Mend = "choose a number in that range, or remove it for the default",
                }));
            }
        }
    }
}
