using System.Runtime.InteropServices;
using System.Text;
using MlOps.Code;

namespace MlOps.Tests.Code;

/// <summary>Which SDK a <c>global.json</c> chooses; the oracle is the resolver of <c>dotnet</c> itself.</summary>
public sealed unsafe class InstalledSdkTests : IDisposable
{
    [ThreadStatic]
    private static string? _resolved;

    private readonly string _root = Directory.CreateTempSubdirectory("mlops-sdk-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData("10.0.401", "10.0.401", "10.0.401 10.0.400 10.0.199 9.0.500 11.0.100")]
    [InlineData("10.0.401", "10.0.410", "10.0.401 10.0.402 10.0.410 10.0.49")]
    [InlineData("10.0.401", "10.0.502", "10.0.410 10.0.502 10.0.501 10.1.100")]
    [InlineData("10.0.401", "10.0.500", "10.0.500-preview.1 10.0.500 10.0.500-rc.1")]
    [InlineData("10.0.401", "10.0.500-rc.1.2", "10.0.500-preview.7 10.0.500-rc.1.2 10.0.401")]
    [InlineData("10.0.401", "10.0.500-preview.10", "10.0.500-preview.9 10.0.500-preview.10")]
    [InlineData("10.0.401", null, "10.0.400 9.0.999 11.0.100 10.1.100")]
    [InlineData(null, "11.0.100", "10.0.400 9.0.999 11.0.100 nonsense")]
    public void It_is_the_one_that_dotnet_takes(string? wanted, string? chosen, string installed)
    {
        foreach (var sdk in installed.Split(' '))
        {
            File.WriteAllText(Path.Join(Directory.CreateDirectory(Path.Join(_root, "dotnet", "sdk", sdk)).FullName, "dotnet.dll"), "");
        }

        Directory.CreateDirectory(Path.Join(_root, "dotnet", "sdk", "12.0.100"));
        var folder = Directory.CreateDirectory(Path.Join(_root, "product")).FullName;
        if (wanted is not null)
        {
            File.WriteAllText(Path.Join(folder, "global.json"), $$"""{ "sdk": { "version": "{{wanted}}", "rollForward": "latestFeature" } }""");
        }

        Assert.Equal(chosen, InstalledSdk.ChosenIn(folder, Path.Join(_root, "dotnet", "sdk")));
        Assert.Equal(chosen, Resolved(Path.Join(_root, "dotnet"), folder));
    }

    [Fact]
    public void This_repository_is_built_by_one_that_is_installed()
    {
        Assert.Equal(Resolved(Path.GetDirectoryName(InstalledSdk.Folder)!, RepositoryFolder.Root), InstalledSdk.ChosenIn(RepositoryFolder.Root));
        Assert.Contains("\"latestFeature\"", File.ReadAllText(Path.Join(RepositoryFolder.Root, "global.json")), StringComparison.Ordinal);
    }

    // https://github.com/dotnet/runtime/blob/main/docs/design/features/host-components.md: hostfxr_resolve_sdk2.
    private static string? Resolved(string dotnet, string folder)
    {
        var host = Directory.GetDirectories(Path.Join(Path.GetDirectoryName(InstalledSdk.Folder), "host", "fxr")).Max(StringComparer.Ordinal)!;
        var library = NativeLibrary.Load(Directory.GetFiles(host, "libhostfxr.*").Single());
        var resolve = (delegate* unmanaged[Cdecl]<byte*, byte*, int, delegate* unmanaged[Cdecl]<int, byte*, void>, int>)NativeLibrary.GetExport(library, "hostfxr_resolve_sdk2");
        _resolved = null;
        fixed (byte* root = Encoding.UTF8.GetBytes(dotnet + '\0'), working = Encoding.UTF8.GetBytes(folder + '\0'))
        {
            _ = resolve(root, working, 0, &Take);
        }

        return Path.GetFileName(_resolved);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(System.Runtime.CompilerServices.CallConvCdecl)])]
    private static void Take(int key, byte* value)
    {
        if (key == 0)
        {
            _resolved = Marshal.PtrToStringUTF8((nint)value);
        }
    }
}
