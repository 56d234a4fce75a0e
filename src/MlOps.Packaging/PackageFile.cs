using MlOps.Content;

namespace MlOps.Packaging;

/// <summary>What a file of a package is, in the words of CNCF ModelPack.</summary>
/// <remarks>https://github.com/modelpack/model-spec/blob/main/docs/spec.md: each kind is a media type <c>application/vnd.cncf.model.KIND.v1.raw</c>.</remarks>
public enum PackageFileKind
{
    /// <summary>The model itself.</summary>
    Weight,

    /// <summary>What is needed to use it: signature, examples, how its code is called.</summary>
    WeightConfig,

    /// <summary>For people: card, licence, metrics.</summary>
    Doc,

    /// <summary>Code that runs with it.</summary>
    Code,

    /// <summary>What it learnt from: the training rows' profile.</summary>
    Dataset,
}

/// <summary>A file of a package.</summary>
/// <param name="Path">Relative, with <c>/</c>; letters, digits and <c>-_.+@=,</c> between: <c>code/Models.churn.dll</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Digest">Its sha256.</param>
/// <param name="Size">Its length in bytes.</param>
public sealed record PackageFile(string Path, PackageFileKind Kind, Digest Digest, long Size)
{
    /// <summary>The trained model.</summary>
    public const string Model = "model.onnx";

    /// <summary>What goes in and what comes out.</summary>
    public const string Signature = "signature.json";

    /// <summary>The distributions of the training rows: <see cref="Scoring.TrainingProfile"/>.</summary>
    public const string Profile = "profile.json";

    /// <summary>Metrics, intervals, baseline and slices on the test rows.</summary>
    public const string Metrics = "metrics.json";

    /// <summary>Rows to try it with, and what comes of them.</summary>
    public const string Examples = "examples.json";

    /// <summary>The model card.</summary>
    public const string Card = "README.md";

    /// <summary>The licence's text.</summary>
    public const string Licence = "LICENSE";

    /// <summary>How the code in <c>code/</c> is called; only where there is some.</summary>
    public const string Code = "code.json";

    /// <summary>The folder of <see cref="Code"/>'s files.</summary>
    public const string CodeFolder = "code/";

    /// <summary>The annotation of a layer that says where the file lies in the package: ModelPack's.</summary>
    public const string PathAnnotation = "org.cncf.model.filepath";

    private static readonly Dictionary<PackageFileKind, string> Types = new()
    {
        [PackageFileKind.Weight] = "application/vnd.cncf.model.weight.v1.raw",
        [PackageFileKind.WeightConfig] = "application/vnd.cncf.model.weight.config.v1.raw",
        [PackageFileKind.Doc] = "application/vnd.cncf.model.doc.v1.raw",
        [PackageFileKind.Code] = "application/vnd.cncf.model.code.v1.raw",
        [PackageFileKind.Dataset] = "application/vnd.cncf.model.dataset.v1.raw",
    };

    /// <summary>A file of some bytes.</summary>
    public static PackageFile Of(string path, PackageFileKind kind, ReadOnlySpan<byte> content) => new(path, kind, Digest.Of(content), content.Length);

    /// <summary>The media type of its layer.</summary>
    public string MediaType => Types[Kind];

    /// <summary>Whether a path is one that a package can have: relative, plain, no way out.</summary>
    public static bool IsPath(string path) => path.Length is > 0 and <= 200 && path.Split('/').All(name => name is not ("" or "." or "..")
        && name.All(letter => char.IsAsciiLetterOrDigit(letter) || "-_.+@=,".Contains(letter, StringComparison.Ordinal)));

    internal static PackageFileKind? KindOf(string mediaType) => Types.FirstOrDefault(type => type.Value == mediaType) is { Value: not null } known ? known.Key : null;
}
