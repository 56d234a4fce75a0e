namespace MlOps.Engine;

/// <summary>A word that names one or many instances of a declaration: <c>train</c> all, <c>train@region=north</c> those of the north, <c>train@region=north,size=2</c> one.</summary>
/// <remarks>The order of <c>axis=value</c> does not matter. Instances of a list have a value without an axis: <c>train@north</c>.</remarks>
public readonly record struct StepSelector
{
    private readonly string _word;
    private readonly string[] _values;

    /// <summary>Reads a word; every word selects something, if only what is called so.</summary>
    public StepSelector(string word)
    {
        var at = word.LastIndexOf('@');
        (_word, Declared, _values) = at <= 0 ? (word, word, []) : (word, word[..at], word[(at + 1)..].Split(','));
    }

    /// <summary>The declaration's name: what stands before the <c>@</c>.</summary>
    public string Declared { get; }

    /// <summary>Whether a step or model of this name is meant.</summary>
    public bool Covers(string name)
    {
        if (name == _word)
        {
            return true;
        }

        if (!name.StartsWith(Declared, StringComparison.Ordinal) || (name.Length > Declared.Length && name[Declared.Length] != '@'))
        {
            return false;
        }

        var values = _values;
        return values.Length == 0 || (name.Length > Declared.Length && Array.TrueForAll(values, name[(Declared.Length + 1)..].Split(',').Contains));
    }
}
