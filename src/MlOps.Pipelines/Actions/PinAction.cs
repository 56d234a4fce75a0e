using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Engine;
using MlOps.Pipelines.Datasets;

namespace MlOps.Pipelines.Actions;

/// <summary>Pins a dataset of any files: digests, length and number of files, and their listing; nothing is copied unless the store keeps it.</summary>
/// <param name="files">The workspace's digests: planning has read every file already.</param>
/// <param name="pin">Keeps what git does not carry.</param>
internal sealed class PinAction(Func<StatIndex> files, DatasetPin pin) : IStepExecutor
{
    public const string Name = "pin";

    /// <summary>The listing of the files. A directory's has the digest of the directory; a single file stands in its own under its name.</summary>
    public const string Listing = "listing";

    public bool ReadsInPlace => true;

    public JsonObject Execute(StepContext context, CancellationToken cancellationToken)
    {
        var (name, input) = context.Step.Inputs.Single();
        var (identity, listing) = Look(context.InputPath(name), name, input as FileInput);
        if (identity.Files == 0)
        {
            throw new DiagnosticException(new Diagnostic("MLO2094", $"'{name}' holds no file")
            {
                Where = context.Step.Origin,
                Why = "a directory without a file says nothing",
                Mend = "put the files there; or remove the directory, and Train brings back what the lock names",
            });
        }

        context.Report($"{identity.Files} files");
        var tree = listing ?? TreeListing.Of([new(name[(name.LastIndexOf('/') + 1)..], identity.Sha256)]);
        File.WriteAllBytes(context.OutputPath(Listing), tree.Bytes.ToArray());
        pin(context.Step.Address.Owner["data/".Length..], new(identity.Sha256, listing is not null), identity.Bytes, listing);
        return new()
        {
            ["bytes"] = identity.Bytes,
            ["files"] = identity.Files,
            ["sha256"] = identity.Sha256.Hex,
            ["xxh128"] = identity.Xxh128Hex,
        };
    }

    private (TreeIdentity Identity, TreeListing? Listing) Look(string path, string name, FileInput? input)
    {
        if (Directory.Exists(path))
        {
            var tree = input is not null ? files().TreeAsSeen(input.Path) : new StatIndex(Path.GetDirectoryName(path)!, path + ".index").TreeAt(WorkspacePath.Parse(Path.GetFileName(path)));
            return (tree!.Identity, tree.Listing);
        }

        var file = (input is not null ? files().Identify(input.Path) : FileIdentity.OfFile(path))
            ?? throw new DiagnosticException(new Diagnostic("MLO3005", $"'{name}' is missing") { Mend = "restore the file, or remove it from the declaration" });
        return (new(file.Sha256, file.Xxh128, file.Bytes, 1), null);
    }
}
