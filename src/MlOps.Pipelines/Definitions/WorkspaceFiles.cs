using MlOps.Content;

namespace MlOps.Pipelines.Definitions;

/// <summary>Finds and reads the files that declare a workspace.</summary>
internal static class WorkspaceFiles
{
    /// <summary>The workspace's folder: the one asked for, else the nearest with a <c>nuke.json</c> from here upwards, else that of the script that was called.</summary>
    public static string FindRoot(string? asked)
    {
        var start = asked ?? Directory.GetCurrentDirectory();
        for (var folder = start; folder is not null; folder = asked is null ? Path.GetDirectoryName(folder) : null)
        {
            if (File.Exists(Path.Combine(folder, WorkspaceDefinition.FileName)))
            {
                return folder;
            }
        }

        if (asked is null && Environment.GetEnvironmentVariable("MLOPS_ROOT") is { Length: > 0 } scripts && File.Exists(Path.Combine(scripts, WorkspaceDefinition.FileName)))
        {
            return Path.GetFullPath(scripts);
        }

        throw new DiagnosticException(new Diagnostic("MLO2001", "there is no workspace here")
        {
            Where = start,
            Why = asked is null ? "neither this folder nor one above it has a nuke.json" : "the folder has no nuke.json",
            Mend = "go to a workspace, name one with --root DIR, or begin one: ./build.sh New NAME --data FILE --label COLUMN",
        });
    }

    /// <summary>The folders under <c>models</c> that hold a <c>model.json</c>, sorted.</summary>
    public static IReadOnlyList<string> ModelNames(string root)
    {
        var models = Path.Combine(root, "models");
        return !Directory.Exists(models) ? [] :
            [.. Directory.EnumerateDirectories(models).Where(folder => File.Exists(Path.Combine(folder, "model.json"))).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal)];
    }

    /// <summary>A declaring file's bytes.</summary>
    /// <exception cref="DiagnosticException">MLO2002: it cannot be read.</exception>
    public static byte[] Read(string root, string file)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(root, file));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DiagnosticException(new Diagnostic("MLO2002", $"{file} cannot be read")
            {
                Where = file,
                Why = failure is UnauthorizedAccessException ? "permission denied" : failure.Message,
                Mend = "check that the file is there and may be read",
            });
        }
    }
}
