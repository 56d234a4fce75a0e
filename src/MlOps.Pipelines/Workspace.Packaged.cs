using MlOps.Content;
using MlOps.Delivery;
using MlOps.Packaging;
using MlOps.Pipelines.ModelCode;
using MlOps.Pipelines.Packages;
using MlOps.Pipelines.Scores;
using MlOps.Scoring;
using MlOps.Scoring.Computed;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{
    /// <summary>The versions that were asked for by <c>--model NAME@VERSION</c>.</summary>
    private List<PackageName> Versions
    {
        get
        {
            var names = _options.Models.Select(PackageName.Parse).ToList();
            var versions = names.Where(name => name.Version is not null).ToList();
            return versions.Count == 0 || versions.Count == names.Count ? versions : throw new DiagnosticException(new Diagnostic("MLO2289", "some models are named with a version, some without")
            {
                Why = string.Join(", ", _options.Models),
                Mend = "name all with one, or none",
            });
        }
    }

    /// <summary>A version's model as its package has it, every byte held against the package's digest.</summary>
    private async Task<ScoringModel> PackagedModelAsync(PackageName name, CancellationToken cancellationToken)
    {
        var digest = DigestOf(name);
        await BringAsync(digest, cancellationToken);
        var package = PackageOf(digest, name.ToString());
        if (package is null || package.Blobs.FirstOrDefault(blob => !_engine.Store.Check(blob)) is { IsEmpty: false })
        {
            throw new DiagnosticException(new Diagnostic("MLO2282", $"package '{name}' is not here") { Why = $"{digest}, or a part of it, is not in the store", Mend = $"./build.sh Pull {name}" });
        }

        if (package.Description.Name is var own && own != name.Model)
        {
            throw new DiagnosticException(new Diagnostic("MLO2324", $"what is here as '{name}' is a package of another model")
            {
                Why = $"it is one of model '{ForeignText.Shown(own, 100)}'",
                Mend = "somebody published it under a wrong name: find out who, and do not use it as this",
            });
        }

        CheckBeforeUse(name, digest);
        var model = package.Find(PackageFile.Model) ?? throw new DiagnosticException(new Diagnostic("MLO7161", "the package says something that cannot be") { Where = name.ToString(), Why = $"it has no {PackageFile.Model}" });
        var code = package.Find(PackageFile.Code) is { } how ? Unpacked(package, how, name) : null;
        return new(name.Model, name.ToString(), OnnxModel.Read(_engine.Store.TryRead(model.Digest)!))
        {
            Code = code,
            Compiled = code is null ? null : new CompiledModel(code.Assembly, new Dictionary<string, CodeFunction>()),
            Package = (_engine.Store.PathOf(model.Digest), model.Digest, name.Version!.Value.ToString()),
        };
    }

    /// <summary>What remotes have of a package that is not here whole.</summary>
    private async Task BringAsync(Digest package, CancellationToken cancellationToken)
    {
        await using var remotes = OpenRemotes(_reporter.Warn);
        // The manifest first: it tells the rest.
        for (var missing = Missing(); missing.Count > 0 && !remotes.IsEmpty; missing = Missing())
        {
            if ((await remotes.FetchAsync([.. missing.Select(content => new ContentRef(content, IsTree: false))], cancellationToken)).Count > 0)
            {
                return;
            }
        }

        List<Digest> Missing() => [.. PackageShelf.ObjectsOf(_engine.Store, package).Where(content => !_engine.Store.Contains(content))];
    }

    /// <summary>The package's code where it can be loaded: in a folder that appears complete or not at all.</summary>
    private DeployedCode Unpacked(ModelPackage package, PackageFile how, PackageName name)
    {
        var folder = Path.Join(Root, ".mlops", "unpacked", package.Digest.Hex, "code");
        var code = PackageCode.Read(_engine.Store.TryRead(how.Digest)!, folder, name.ToString());
        if (!Directory.Exists(folder) || code.Fault(name.Model) is not null)
        {
            var fresh = $"{folder}.{Environment.ProcessId}.new";
            Directory.CreateDirectory(fresh);
            foreach (var file in package.Files.Where(file => file.Path.StartsWith(PackageFile.CodeFolder, StringComparison.Ordinal)))
            {
                var place = Path.Join(fresh, file.Path[PackageFile.CodeFolder.Length..]);
                Directory.CreateDirectory(Path.GetDirectoryName(place)!);
                File.Copy(_engine.Store.PathOf(file.Digest), place, overwrite: true);
            }

            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }

            Directory.Move(fresh, folder);
        }

        return code.Fault(name.Model) is { } fault ? throw new DiagnosticException(fault) : code;
    }

    /// <summary>Serves packages in the foreground until it is cancelled.</summary>
    private async Task<Outcome> ServeAsync(ProcessDriver driver, EnvironmentSpec spec, IReadOnlyList<ScoringModel> models, CancellationToken cancellationToken)
    {
        _reporter.Note($"serving {string.Join(", ", models.Select(model => model.Origin))} at {spec.Url}; Ctrl+C ends it");
        var served = models.Select(model => new ServedModel(model.Name, model.Package!.Value.Path, model.Package.Value.Digest, model.Package.Value.Version, model.Code)).ToList();
        var exit = await driver.ServeAsync(new(spec, served, Path.Combine(AppContext.BaseDirectory, "serving", "MlOps.Serving.dll")), cancellationToken);
        return new(exit == 0 ? ExitCode.Done : ExitCode.Failed, "");
    }
}
