using System.Text;

namespace MlOps.Tests.Containers;

/// <summary>What <c>docker login</c> leaves.</summary>
internal static class Logins
{
    /// <summary>A <c>config.json</c> with one login.</summary>
    public static string Write(string folder, string registry, string user, string password)
    {
        var file = Path.Join(folder, "config.json");
        var auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        File.WriteAllText(file, $$"""{ "auths": { "{{registry}}": { "auth": "{{auth}}" } } }""");
        return file;
    }
}
