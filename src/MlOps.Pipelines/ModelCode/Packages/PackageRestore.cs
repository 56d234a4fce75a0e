using System.Security;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Code;
using MlOps.Content;

namespace MlOps.Pipelines.ModelCode.Packages;

/// <summary>Has the SDK resolve declared packages, with a project that says nothing else: no MSBuild logic of the workspace or of a package runs.</summary>
/// <param name="root">The workspace.</param>
/// <param name="all">The folder of all that was resolved.</param>
/// <param name="declared">The packages.</param>
internal sealed class PackageRestore(string root, string all, IReadOnlyList<DeclaredPackage> declared)
{
    /// <summary>What packages must fit.</summary>
    public static readonly string Framework = $"net{Environment.Version.Major}.0";

    private const string LockFile = "packages.lock.json";

    /// <summary>Resolves them, puts their assemblies in a folder and writes the lock, if it is to say something else.</summary>
    /// <param name="pinned">The lock as it is; null for none.</param>
    /// <param name="folder">The folder for the packages that a lock names.</param>
    /// <param name="cancellationToken">Ends it; nothing is written then.</param>
    /// <returns>The lock's bytes.</returns>
    /// <exception cref="DiagnosticException">A package cannot be had, or must not be used; nothing was written.</exception>
    public async Task<byte[]> RunAsync(byte[]? pinned, Func<byte[], string> folder, CancellationToken cancellationToken)
    {
        var making = Path.Join(all, $"making-{Environment.ProcessId}");
        Directory.CreateDirectory(making);
        try
        {
            var isLocked = pinned is not null && PackageLock.Fits(pinned, Framework, declared);
            if (pinned is not null)
            {
                await File.WriteAllBytesAsync(Path.Join(making, LockFile), pinned, cancellationToken);
            }

            await File.WriteAllTextAsync(Path.Join(making, "Models.csproj"), Project(isLocked), cancellationToken);
            var (exit, output) = await RestoreAsync(making, cancellationToken);
            var found = new RestoreMessages(root, declared).Read(output, exit, isLocked);
            if (found.Count > 0)
            {
                throw new DiagnosticException(found);
            }

            var restored = await File.ReadAllBytesAsync(Path.Join(making, LockFile), cancellationToken);
            found.AddRange(pinned is null ? [] : PackageLock.Changed(pinned, restored, Framework));
            var content = new PackageContent(declared, found);
            var assets = JsonNode.Parse(await File.ReadAllBytesAsync(Path.Join(making, "obj", "project.assets.json"), cancellationToken))!.AsObject();
            content.Unpack(assets, Framework, Path.Join(making, "content"));
            if (found.Count > 0)
            {
                throw new DiagnosticException([.. found.Distinct()]);
            }

            Publish(Path.Join(making, "content"), folder(restored));
            if (pinned is null || !pinned.AsSpan().SequenceEqual(restored))
            {
                AtomicFile.Write(Path.Join(root, ModelPackages.Lock), restored);
            }

            return restored;
        }
        finally
        {
            Directory.Delete(making, recursive: true);
        }
    }

    /// <summary>All or nothing: whoever is first is right, but what is damaged makes room.</summary>
    private static void Publish(string content, string folder)
    {
        if (Directory.Exists(folder) && PackageClosure.TryRead(folder)?.IsSound != true)
        {
            Directory.Delete(folder, recursive: true);
        }

        try
        {
            Directory.Move(content, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another build was first.
        }
    }

    private string Project(bool isLocked) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <TargetFramework>{Framework}</TargetFramework>
            <RestorePackagesWithLockFile>true</RestorePackagesWithLockFile>
            <RestoreLockedMode>{(isLocked ? "true" : "false")}</RestoreLockedMode>
            <RestoreRootConfigDirectory>{SecurityElement.Escape(Path.Join(root, "models"))}</RestoreRootConfigDirectory>
            <NuGetAudit>false</NuGetAudit>
          </PropertyGroup>
          <ItemGroup>
        {string.Join('\n', declared.Select(package => $"    <PackageReference Include=\"{SecurityElement.Escape(package.Name)}\" Version=\"{SecurityElement.Escape(package.Version)}\" />"))}
          </ItemGroup>
        </Project>

        """;

    private static async Task<(int Exit, string Output)> RestoreAsync(string folder, CancellationToken cancellationToken)
    {
        // Files of the workspace and of folders above it that MSBuild would take in by itself stay outside.
        string[] arguments =
        [
            "restore", "Models.csproj", "-nologo", "-v:q", "-noAutoResponse", "-nodeReuse:false",
            "-p:ImportDirectoryBuildProps=false", "-p:ImportDirectoryBuildTargets=false", "-p:ImportDirectoryPackagesProps=false",
        ];
        var output = new StringBuilder();
        var exit = await DotnetTool.RunAsync(folder, arguments, line => output.Append(line).Append('\n'), cancellationToken);
        return (exit, output.ToString());
    }
}
