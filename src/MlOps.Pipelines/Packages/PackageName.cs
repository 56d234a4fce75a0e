using System.Text;
using MlOps.Packaging;

namespace MlOps.Pipelines.Packages;

/// <summary>A package by name, and version where one is said: <c>churn</c>, <c>churn@1.2.0</c>, <c>demand@region=north@1.2.0</c>.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The version; null for the lock's.</param>
internal sealed record PackageName(string Model, PackageVersion? Version)
{
    private const string ImageSuffix = "-service";

    /// <summary>Reads a name; what follows the last <c>@</c> is a version if it can be one.</summary>
    public static PackageName Parse(string text) => text.LastIndexOf('@') is > 0 and var at && PackageVersion.TryParse(text[(at + 1)..], out var version) ? new(text[..at], version) : new(text, null);

    /// <summary>The repository of a model's packages in a registry, below what the workspace names: small letters, digits, and what OCI allows between.</summary>
    /// <remarks>https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pulling-manifests. An instance such as <c>demand@region=north</c> is <c>demand/region-north</c>.</remarks>
    public static string RepositoryOf(string model)
    {
        var text = new StringBuilder();
        foreach (var letter in model.ToLowerInvariant())
        {
            text.Append(letter switch
            {
                '@' or ',' => '/',
                _ when char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '-' => letter,
                _ => '-',
            });
        }

        return string.Join('/', text.ToString().Split('/').Select(part => part.Trim('.', '_', '-')).Where(part => part.Length > 0));
    }

    /// <summary>The repository of a model's images, beside that of its packages.</summary>
    public static string ImageRepositoryOf(string model) => $"{RepositoryOf(model)}{ImageSuffix}";

    /// <summary>The repository of the packages whose images lie in another; null if that is none of images.</summary>
    public static string? RepositoryBeside(string images) => images.EndsWith(ImageSuffix, StringComparison.Ordinal) ? images[..^ImageSuffix.Length] : null;

    /// <summary>The models that a registry cannot keep apart, packages or images, each with the one before it that has the repository, or with null where no repository can be called so.</summary>
    public static IEnumerable<(string Model, string? Other)> Clashes(IEnumerable<string> models)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var model in models)
        {
            string[] repositories = [RepositoryOf(model), ImageRepositoryOf(model)];
            if (!Containers.Reference.IsRepository(repositories[0]))
            {
                yield return (model, null);
            }
            else if (repositories.Select(taken.GetValueOrDefault).FirstOrDefault(other => other is not null) is { } other)
            {
                yield return (model, other);
            }
            else
            {
                Array.ForEach(repositories, repository => taken.Add(repository, model));
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Version is null ? Model : $"{Model}@{Version}";
}
