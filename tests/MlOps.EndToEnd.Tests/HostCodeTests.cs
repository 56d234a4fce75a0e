using System.Diagnostics;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>The fingerprints of the built-in steps' code, as the build of the host took them.</summary>
public sealed class HostCodeTests : IDisposable
{
    private static readonly string Host = Path.Combine(RepositoryFolder.Root, ".artifacts", "host");

    private readonly string _copy = Directory.CreateTempSubdirectory("mlops-host-").FullName;

    public HostCodeTests()
    {
        using var workspace = new Workspace();
        workspace.Run("--version").Expect(0);
        foreach (var file in Directory.GetFiles(Host))
        {
            File.Copy(file, Path.Combine(_copy, Path.GetFileName(file)));
        }
    }

    [Fact]
    public void Machine_code_in_the_assemblies_makes_no_difference() => AssertSame(Host);

    [Fact]
    public void Debug_symbols_and_another_build_make_no_difference() => AssertSame(AppContext.BaseDirectory);

    [Fact]
    public void What_changed_in_the_code_is_explained_by_members()
    {
        using var workspace = Workspace.OfSamples(withLock: false);
        workspace.Write("nuke.json", """{ "name": "w", "data": { "rows": { "path": "rows.csv" } } }""");
        Directory.Delete(workspace.At("models"), recursive: true);
        workspace.Write("rows.csv", "x,y\n1,2\n");
        workspace.Run("Train").Expect(0);
        var current = workspace.Lock[(workspace.Lock.IndexOf("\"csv\": \"sha256:", StringComparison.Ordinal) + 15)..][..64];
        var kept = File.ReadAllLines(workspace.At($".mlops/code/{current}.txt"));

        // The machine met an older code once, which had another member.
        string[] older = [.. kept.Append($"{new string('0', 64)}  static Z.Old():Void\t1")];
        var digest = Content.Digest.Of(string.Concat(older.Select(line => line[..line.LastIndexOf('\t')] + "\n"))).Hex;
        workspace.Write($".mlops/code/{digest}.txt", string.Concat(older.Select(line => line + "\n")));
        var fingerprint = workspace.Lock[(workspace.Lock.IndexOf("\"fingerprint\": \"sha256:", StringComparison.Ordinal) + 23)..][..64];
        File.WriteAllText(workspace.At("data.lock.json"), workspace.Lock.Replace(current, digest, StringComparison.Ordinal).Replace(fingerprint, digest, StringComparison.Ordinal));
        var told = workspace.Run("Explain").Expect(0).Output;
        Assert.Contains($"code csv {digest[..8]} → {current[..8]}: 1 member\n    removed static Z.Old():Void", told, StringComparison.Ordinal);

        File.Delete(workspace.At($".mlops/code/{digest}.txt"));
        Assert.Contains("what changed is not known", workspace.Run("Explain").Expect(0).Output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_copy, recursive: true);

    private void AssertSame(string folder)
    {
        var written = File.ReadAllText(Path.Combine(Host, "code.json"));
        File.Delete(Path.Combine(_copy, "code.json"));
        using var process = Process.Start("dotnet", [Path.Combine(_copy, "mlops.dll"), "--write-code", .. Directory.GetFiles(folder, "MlOps.*.dll")]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        Assert.Equal(Steps(written), Steps(File.ReadAllText(Path.Combine(_copy, "code.json"))));

        // The service counts by the bytes of its assemblies, as the host's build gives them.
        static string Steps(string json)
        {
            var code = System.Text.Json.Nodes.JsonNode.Parse(json)!.AsObject();
            Assert.True(code.Remove("service"));
            return code.ToJsonString();
        }
    }
}
