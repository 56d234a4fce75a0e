using MlOps.Content;
using MlOps.Scoring.Computed;

namespace MlOps.Delivery.Internal;

/// <summary>The files of the models of a specification.</summary>
internal static class ModelFiles
{
    /// <summary>Makes sure that every file has the bytes that its digest names.</summary>
    /// <exception cref="DiagnosticException">MLO7007: one is missing or has others, or there is none, or a name stands twice.</exception>
    public static void Check(ServiceSpec spec)
    {
        var problems = new List<Diagnostic>();
        if (spec.Models.Count == 0)
        {
            problems.Add(new("MLO7008", "there is no model to serve") { Mend = "make one: ./build.sh New NAME --data FILE --label COLUMN" });
        }

        foreach (var twice in spec.Models.GroupBy(model => model.Name, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            problems.Add(new("MLO7007", $"model '{twice.Key}' stands twice in what is to be served"));
        }

        problems.AddRange(spec.Models.Select(Check).Concat(spec.Models.Select(model => model.Code?.Fault(model.Name))).OfType<Diagnostic>());
        if (problems.Count > 0)
        {
            throw new DiagnosticException(problems);
        }
    }

    /// <summary>Copies what is not there yet, or damaged.</summary>
    public static void Copy(ServiceSpec from, ServiceSpec to)
    {
        foreach (var (source, target) in from.Models.Zip(to.Models).Where(pair => Check(pair.Second) is not null))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target.Path)!);
            var temporary = target.Path + ".new";
            File.Copy(source.Path, temporary, overwrite: true);
            File.Move(temporary, target.Path, overwrite: true);
        }

        foreach (var (source, target) in from.Models.Zip(to.Models).Where(pair => pair.Second.Code is { } code && (!File.Exists(code.Assembly) || code.Fault(pair.Second.Name) is not null)))
        {
            Copy(source.Code!, target.Code!);
        }

        foreach (var (source, target) in from.Models.Zip(to.Models).Where(pair => pair.Second.About is { } about && !Directory.Exists(about)))
        {
            Appear(target.About!, RunFolder.AboutFiles(source.About!));
        }
    }

    private static void Copy(DeployedCode from, DeployedCode to) =>
        Appear(Path.GetDirectoryName(to.Assembly)!, from.Files.Keys.Select(file => Path.Combine(Path.GetDirectoryName(from.Assembly)!, file)));

    /// <summary>The folder appears complete or not at all.</summary>
    private static void Appear(string folder, IEnumerable<string> files)
    {
        var temporary = folder + ".new";
        foreach (var old in new[] { folder, temporary }.Where(Directory.Exists))
        {
            Directory.Delete(old, recursive: true);
        }

        Directory.CreateDirectory(temporary);
        foreach (var file in files)
        {
            File.Copy(file, Path.Combine(temporary, Path.GetFileName(file)));
        }

        Directory.Move(temporary, folder);
    }

    private static Diagnostic? Check(ServedModel model)
    {
        try
        {
            var actual = Digest.Of(File.ReadAllBytes(model.Path));
            return actual == model.Digest ? null
                : new("MLO7007", $"the file of model '{model.Name}' is damaged or another one") 
                {
                    Where = model.Path,
                    Why = $"it is {actual}, not {model.Digest}",
                    Mend = "train again: ./build.sh Train",
                };
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return new("MLO7007", $"the file of model '{model.Name}' cannot be read") 
            {
                Where = model.Path,
                Why = problem.Message,
                Mend = "train again: ./build.sh Train",
            };
        }
    }
}
