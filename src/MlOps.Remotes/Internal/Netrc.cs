using System.Net.Http.Headers;
using System.Text;
using MlOps.Content;

namespace MlOps.Remotes.Internal;

/// <summary>Credentials per host from the file that curl and git read, too: https://everything.curl.dev/usingcurl/netrc.html.</summary>
internal static class Netrc
{
    /// <summary>The header for a host, or null if the file has none for it or is not there.</summary>
    /// <param name="file">The file; null takes the variable <c>NETRC</c>, else <c>.netrc</c> in the home folder.</param>
    /// <exception cref="DiagnosticException">MLO8268: it is there, but cannot be read.</exception>
    public static AuthenticationHeaderValue? Find(string? file, string host)
    {
        file ??= Environment.GetEnvironmentVariable("NETRC") is { Length: > 0 } named ? named
            : Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".netrc");
        try
        {
            return File.Exists(file) && Entry(Words(File.ReadAllLines(file)), host) is var (login, password)
                ? new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{login}:{password}"))) : null;
        }
        catch (Exception e) when (IoFailure.Covers(e))
        {
            throw new DiagnosticException(new Diagnostic("MLO8268", "the file of credentials cannot be read")
            {
                Where = file,
                Why = IoFailure.Describe(e).What,
                Mend = "give yourself the right to read it, or name another one by the variable NETRC",
            });
        }
    }

    private static (string Login, string Password)? Entry(List<string> words, string host)
    {
        for (var i = 0; i < words.Count; i++)
        {
            var mine = words[i] == "default" || (words[i] == "machine" && i + 1 < words.Count && words[i + 1].Equals(host, StringComparison.OrdinalIgnoreCase));
            if (mine)
            {
                var own = words.Skip(words[i] == "default" ? i + 1 : i + 2).TakeWhile(word => word is not ("machine" or "default")).ToList();
                return (After(own, "login"), After(own, "password"));
            }
        }

        return null;
    }

    private static string After(List<string> words, string key) => words.IndexOf(key) is >= 0 and var at && at + 1 < words.Count ? words[at + 1] : "";

    /// <summary>The words without comments and without macros, which end at an empty line.</summary>
    private static List<string> Words(string[] lines)
    {
        var words = new List<string>();
        var macro = false;
        foreach (var line in lines)
        {
            macro = (macro && line.Trim().Length > 0) || line.TrimStart().StartsWith("macdef", StringComparison.Ordinal);
            foreach (var word in macro ? [] : line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries).TakeWhile(word => word[0] != '#' || words is [.., "password"]))
            {
                words.Add(word.Length > 1 && word[0] == '"' && word[^1] == '"' ? word[1..^1] : word);
            }
        }

        return words;
    }
}
