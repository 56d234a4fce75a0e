using System.Text.Json.Nodes;
using MlOps.Containers;
using MlOps.Containers.Docker;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Packaging;
using MlOps.Packaging.Images;
using MlOps.Pipelines.Actions;
using MlOps.Pipelines.Definitions;
using MlOps.Pipelines.Images;
using MlOps.Pipelines.Packages;
using MlOps.Pipelines.Reports;

namespace MlOps.Pipelines;

public sealed partial class Workspace
{

    /// <summary>Trains what is stale and makes the image of every chosen model's package.</summary>
    /// <param name="to">A file (<c>.tar</c>) for the one image's archive, or a folder for archives; null writes none.</param>
    /// <param name="load">Whether they are given to a Docker engine.</param>
    /// <param name="tellsPackages">Whether <c>Package</c> was asked for as well.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<Outcome> ImageAsync(string? to, bool load, bool tellsPackages, CancellationToken cancellationToken)
    {
        var isFile = to?.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) == true;
        if (to is not null && (isFile ? Directory.Exists(to) : File.Exists(to)))
        {
            throw new DiagnosticException(new Diagnostic("MLO2313", "the archive cannot be written") { Where = to, Why = isFile ? "a folder has that name" : "a file stands where the folder is to be", Mend = "name another place: --out FOLDER, or --out FILE.tar for one image" });
        }

        if (isFile && Chosen.Skip(1).Any())
        {
            throw new DiagnosticException(new Diagnostic("MLO2303", $"'{to}' is one file, and there are {Chosen.Count()} images") { Mend = "name a folder, or one model: --model NAME" });
        }

        if (load)
        {
            // Said before minutes are spent on what nobody takes.
            using var docker = new DockerClient();
            await docker.PingAsync(cancellationToken);
        }

        _makesImages = true;
        var trained = await TrainAsync(cancellationToken);
        if (trained.Exit is not (ExitCode.Done or ExitCode.Refused))
        {
            return trained;
        }

        // Looking at a damaged part sets it aside; then its step is made again.
        if ((to is not null || load) && Chosen.Select(model => ImageOf(CurrentLock, model)).OfType<MadeImage>().SelectMany(image => image.Blobs).Concat(BaseDescription(CurrentLock) is { } onto ? [onto] : []).Distinct().Where(blob => !_engine.Store.Check(blob)).ToList() is { Count: > 0 })
        {
            trained = await TrainAsync(cancellationToken);
            if (trained.Exit is not (ExitCode.Done or ExitCode.Refused))
            {
                return trained;
            }
        }

        var told = tellsPackages ? await PackagesAsync(cancellationToken) : null;
        var packages = told is null ? "" : told.Text() + "\n\n";
        var pinned = CurrentLock;
        var report = new ImageReport();
        foreach (var model in Chosen)
        {
            var image = ImageOf(pinned, model) ?? throw NotTrained(model);
            var archive = to is null ? null : Path.GetFullPath(isFile ? to : Path.Join(to, $"{model.Name}-{image.Version}.tar"));
            if (archive is not null)
            {
                WriteArchive(archive, image);
            }

            if (load)
            {
                await LoadAsync(image, cancellationToken);
            }

            report.Add(model.Name, image, StepFactory.FlavourOf(model), archive ?? (load ? "docker" : ""));
        }

        if (to is null && !load)
        {
            Remember(tellsPackages ? BothKey : ImageKey, packages + report.Text());
        }

        var json = report.Json();
        foreach (var (name, value) in told?.Json() ?? [])
        {
            json[name] = value?.DeepClone();
        }

        return new(trained.Exit, $"{trained.Text}\n\n{packages}{report.Text()}", json);
    }

    /// <summary>Says what <see cref="ImageAsync"/> would build, and why.</summary>
    public async Task<Outcome> PlanImagesAsync(CancellationToken cancellationToken)
    {
        _makesImages = true;
        return await PlanAsync(null, cancellationToken) with { Exit = ExitCode.Done };
    }

    private async Task LoadAsync(MadeImage image, CancellationToken cancellationToken)
    {
        using var docker = new DockerClient();
        var file = Path.Join(Root, ".mlops", "store", "tmp", $"{image.Digest.Hex}.tar");
        try
        {
            AtomicFile.Write(file, stream => ImageArchive.Write(stream, image.Name, image.Manifest, PartOfImage));
            await using var tar = File.OpenRead(file);
            await docker.LoadAsync(tar, cancellationToken);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The image that a lock pins for a model; null if it pins none, or its bytes are not here.</summary>
    private MadeImage? ImageOf(LockFile pinned, ModelDefinition model)
    {
        if (Output(pinned, model, ImageAction.Name, ImageAction.Manifest) is not { } digest || _engine.Store.TryRead(digest) is not { } bytes || Manifest.TryParse(bytes) is not { } manifest)
        {
            return null;
        }

        var version = Ledger.Decide(pinned, $"models/{model.Name}")!.Version;
        return new(ImageName(model, version), version, digest, manifest, bytes);
    }

    private Digest? BaseDescription(LockFile pinned) => pinned.Find(_graph.Find(StepFactory.BaseStep)!.Address) is { } trace && trace.Outputs.TryGetValue(BaseAction.Description, out var digest) ? digest : null;

    /// <summary>What the lock's images stand on.</summary>
    /// <exception cref="DiagnosticException">MLO2310: its description is lost.</exception>
    private BaseImage BaseOf(LockFile pinned) =>
        BaseDescription(pinned) is { } digest && _engine.Store.TryRead(digest) is { } bytes
            ? ImageParts.BaseOf(JsonNode.Parse(bytes)!)
            : throw Lost("the description of the base that images stand on");

    /// <summary>The bytes of a part of an image, whole.</summary>
    /// <exception cref="DiagnosticException">MLO2310: it is lost.</exception>
    private FileStream PartOfImage(Digest blob) => _engine.Store.Check(blob) ? File.OpenRead(_engine.Store.PathOf(blob)) : throw Lost(blob.ToString());

    private static DiagnosticException Lost(string what) => new(new Diagnostic("MLO2310", "a part of an image is lost")
    {
        Why = $"the store does not have {what}, or had other bytes for it, which are set aside",
        Mend = "./build.sh Image makes it again, or fetches it from the remotes that have it",
    });

    /// <summary>As engines call it: where it is published, or the workspace's name.</summary>
    private string ImageName(ModelDefinition model, PackageVersion version) =>
        $"{_definition.Manifest.Registry ?? _definition.Manifest.Name.ToLowerInvariant()}/{ImageRepositoryOf(model.Name)}:{version}";

    /// <summary>The repository of a model's images, beside that of its packages.</summary>
    private static string ImageRepositoryOf(string model) => PackageName.ImageRepositoryOf(model);

    private void WriteArchive(string path, MadeImage image)
    {
        try
        {
            AtomicFile.Write(path, stream => ImageArchive.Write(stream, image.Name, image.Manifest, PartOfImage));
        }
        catch (Exception failure) when (IoFailure.Covers(failure))
        {
            var problem = IoFailure.Describe(failure);
            throw new DiagnosticException(new Diagnostic("MLO2313", $"the archive cannot be written: {problem.What}")
            {
                Where = path,
                Why = $"{problem.Why}; nothing was left there",
                Mend = "free space or rights there, or name another place: --out FOLDER, or --out FILE.tar for one image",
            });
        }
    }
}
