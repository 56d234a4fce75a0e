namespace MlOps.Pipelines;

/// <summary>Something that <c>./build.sh</c> can be asked for by name.</summary>
/// <param name="Name">The first word of the command line, matched without regard to case.</param>
/// <param name="Description">The line that <c>--help</c> shows.</param>
/// <param name="Order">Chained targets run in ascending order.</param>
public sealed record TargetDescription(string Name, string Description, int Order);

/// <summary>Every target there is: the one list that the fast host, the NUKE host and the README share.</summary>
public static class Targets
{
    /// <summary>In the order that <c>--help</c> shows.</summary>
    public static IReadOnlyList<TargetDescription> All { get; } =
    [
        new("Doctor", "check this machine and workspace, and say what to mend", 0),
        new("New", "make a model from a CSV file: New NAME --data FILE --label COLUMN", 1),
        new("Import", "pin datasets in the lock: digest, columns, rows, profile; --update asks their sources first", 2),
        new("Status", "say what is up to date, what is pending and what runs", 9),
        new("Plan", "say what Train would do, and why", 3),
        new("Train", "bring every model up to date; rerun only what changed", 4),
        new("Tune", "run trials of a model's options for some time, write their number into model.json and train: Tune --model NAME --minutes 10", 3),
        new("Explain", "say what changed since the lock of a revision, and what it caused: Explain [STEP] [REV [REV]]", 8),
        new("Experiments", "list all results of a model that the store has seen, best first: --by METRIC", 8),
        new("Compare", "put results of a model side by side, each an experiment, lock or a git revision: Compare A B", 8),
        new("Score", "predict every row of a CSV file with a trained model: Score --model NAME --data FILE --out FILE", 5),
        new("Package", "train, and tell every model's package with its version and why it is that; attest to those that are committed", 5),
        new("Image", "make the image of every model's package: the scoring service, its runtime and the model; --out FILE writes archives, --load gives them to docker", 6),
        new("Packages", "list the versions of models: those that the lock has numbered, and those that were pulled", 8),
        new("Inspect", "tell what a package or an image is: Inspect NAME[@VERSION], a file, or oci://…", 8),
        new("Keys", "list the keys that sign and count; --new makes a pair, which signs once main trusts it", 8),
        new("Gc", "remove from the store what no branch, tag, stash or recent build needs: --days N, --pulled", 8),
        new("Verify", "audit the store; check a package or an image: Verify NAME[@VERSION], a file, or oci://…; with --rebuild run steps again and compare: Verify --rebuild [STEP]", 8),
        new("Serve", "serve the trained models in the foreground until Ctrl+C", 7),
        new("Release", "train, start the scoring service of an environment and smoke-test it", 5),
        new("Stop", "stop the scoring service of an environment", 7),
        new("Smoke", "test a running service against its models", 6),
        new("Push", "publish packages in the registry, and store what the lock names in the remotes: results, and datasets that git does not carry: Push [NAME…]", 10),
        new("Pull", "fetch a package from the registry: Pull NAME@VERSION; or what the lock names from the remotes, and put datasets in their places: Pull [NAME…]", 2),
        new("Compile", "build the product and its tests with all analyzers", 0),
        new("Test", "run the product's tests: Test [--filter EXPRESSION] [--all]", 1),
        new("Clean", "remove what can be computed again: sandboxes, outputs, build results", 0),
    ];
}
