using System.Buffers;

namespace MlOps.Code.Internal;

/// <summary>What a unit is made with: a program has many units, and most are small.</summary>
internal sealed class UnitScratch
{
    private readonly HashSet<Mention> _known = [];

    public ArrayBufferWriter<byte> Text { get; } = new();

    public Dictionary<object, string> Numbered { get; } = [];

    public Queue<CodeMethod> Pending { get; } = [];

    public HashSet<CodeMethod> Made { get; } = [];

    public HashSet<CodeType> Live { get; } = [];

    public List<Mention> Mentions { get; } = [];

    /// <summary>The mentions, each once, in their order.</summary>
    public Mention[] Distinct()
    {
        foreach (var mention in Mentions)
        {
            _known.Add(mention);
        }

        if (_known.Count == Mentions.Count)
        {
            return [.. Mentions];
        }

        var once = new Mention[_known.Count];
        var count = 0;
        foreach (var mention in Mentions)
        {
            if (_known.Remove(mention))
            {
                once[count++] = mention;
            }
        }

        return once;
    }

    /// <summary>Ready for the next.</summary>
    public void Clear()
    {
        Text.ResetWrittenCount();
        Numbered.Clear();
        Pending.Clear();
        Made.Clear();
        Live.Clear();
        Mentions.Clear();
        _known.Clear();
    }
}
