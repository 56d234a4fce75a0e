using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Packaging.Internal;

namespace MlOps.Packaging;

public sealed partial record Provenance
{
    private const string Time = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    /// <summary>The statement that says this of something.</summary>
    public Statement About(ResourceDescriptor subject)
    {
        var wire = ToWire();
        var id = InvocationId ?? Digest.Of(CanonicalJson.Compact(JsonSerializer.SerializeToNode(wire, BoundedJson.Plain.ProvenanceWire))).ToString();
        wire.RunDetails.Metadata!.InvocationId = id;
        return new([subject], PredicateTypes.Provenance, JsonSerializer.SerializeToElement(wire, BoundedJson.Plain.ProvenanceWire));
    }

    /// <summary>Reads a statement's predicate; false, with the reason, if it is no provenance of a model. Dependencies of other kinds are passed over.</summary>
    public static bool TryRead(Statement statement, [NotNullWhen(true)] out Provenance? provenance, [NotNullWhen(false)] out string? why)
    {
        provenance = null;
        if (!Predicate.TryRead(statement, PredicateTypes.Provenance, BoundedJson.Plain.ProvenanceWire, out var wire, out why))
        {
            return false;
        }

        var (build, metadata) = (wire.BuildDefinition, wire.RunDetails.Metadata);
        var dependencies = (build.ResolvedDependencies ?? []).OfType<ResourceWire>().ToList();
        if (build.ExternalParameters.Parameters is not { ValueKind: JsonValueKind.Object } parameters)
        {
            why = "its parameters are no object";
            return false;
        }

        provenance = new()
        {
            BuilderId = wire.RunDetails.Builder.Id,
            BuildType = build.BuildType,
            Model = build.ExternalParameters.Model,
            Parameters = parameters.Clone(),
            Source = dependencies.Select(Commit).FirstOrDefault(commit => commit is not null),
            Datasets = [.. dependencies.Where(one => one.Uri is null).Select(one => ResourceDescriptor.TryRead(one, out var dataset) ? dataset : null).OfType<ResourceDescriptor>()],
            Toolchain = [.. dependencies.Select(one => PackageUrl.TryParse(one.Uri)).OfType<PackageUrl>()],
            InvocationId = metadata?.InvocationId,
            StartedOn = Instant(metadata?.StartedOn),
            FinishedOn = Instant(metadata?.FinishedOn),
        };
        return true;
    }

    private ProvenanceWire ToWire() => new()
    {
        BuildDefinition = new()
        {
            BuildType = BuildType,
            ExternalParameters = new() { Model = Model, Parameters = Parameters },
            ResolvedDependencies =
            [
                .. Source is { } source ? [Descriptor(source)] : Array.Empty<ResourceWire>(),
                .. Datasets.OrderBy(one => one.Name, StringComparer.Ordinal).Select(one => one.ToWire()),
                .. Toolchain.Select(one => one.ToString()).Order(StringComparer.Ordinal).Select(uri => new ResourceWire { Uri = uri }),
            ],
        },
        RunDetails = new() { Builder = new() { Id = BuilderId }, Metadata = new() { StartedOn = Text(StartedOn), FinishedOn = Text(FinishedOn) } },
    };

    private static ResourceWire Descriptor(SourceCommit source)
    {
        var annotations = new JsonObject { ["dirty"] = source.IsDirty };
        if (source.Author is not null)
        {
            annotations["author"] = source.Author;
        }

        if (Text(source.CommittedOn) is { } committed)
        {
            annotations["committedOn"] = committed;
        }

        return new()
        {
            Uri = $"git+{WithoutSecrets(source.Repository)}",
            Digest = new Dictionary<string, string> { ["gitCommit"] = source.Commit },
            Annotations = JsonSerializer.SerializeToElement(annotations, BoundedJson.Plain.JsonObject),
        };
    }

    private static SourceCommit? Commit(ResourceWire resource)
    {
        const string Scheme = "git+";
        if (resource.Digest?.GetValueOrDefault("gitCommit") is not { Length: 40 or 64 } commit || !commit.All(char.IsAsciiHexDigitLower)
            || resource.Uri?.StartsWith(Scheme, StringComparison.Ordinal) is not true || !Uri.TryCreate(resource.Uri[Scheme.Length..], UriKind.Absolute, out var repository))
        {
            return null;
        }

        var annotations = resource.Annotations is { ValueKind: JsonValueKind.Object } given ? given : default;
        return new(repository, commit)
        {
            Author = Of("author") is { ValueKind: JsonValueKind.String } author ? author.GetString() : null,
            CommittedOn = Of("committedOn") is { ValueKind: JsonValueKind.String } time ? Instant(time.GetString()) : null,
            IsDirty = Of("dirty") is { ValueKind: JsonValueKind.True },
        };

        JsonElement Of(string name) => annotations.ValueKind == JsonValueKind.Object && annotations.TryGetProperty(name, out var value) ? value : default;
    }

    // Tokens stand in the user's place, or in a query.
    private static string WithoutSecrets(Uri repository) => new UriBuilder(repository) { UserName = "", Password = "", Query = "", Fragment = "" }.Uri.AbsoluteUri;

    private static string? Text(DateTimeOffset? time) => time?.UtcDateTime.ToString(Time, CultureInfo.InvariantCulture);

    private static DateTimeOffset? Instant(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time : null;
}
