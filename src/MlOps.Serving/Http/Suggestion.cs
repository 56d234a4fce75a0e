using MlOps.Content;

namespace MlOps.Serving.Http;

/// <summary>The second half of a message about an unknown name.</summary>
internal static class Suggestion
{
    private const int MostListed = 20;

    /// <summary>Looking for what is like a longer name, in characters, would keep the service busy.</summary>
    private const int LongestName = 200;

    /// <summary><c>; did you mean 'x'?</c>, or the list of valid names.</summary>
    public static string Among(string name, IEnumerable<string> valid, string heading)
    {
        var names = valid.ToList();
        return name.Length <= LongestName && Diagnostic.Nearest(name, names) is { } near ? $"; did you mean '{near}'?"
            : $" ({heading}: {string.Join(", ", names.Take(MostListed))}{(names.Count > MostListed ? ", …" : "")})";
    }
}
