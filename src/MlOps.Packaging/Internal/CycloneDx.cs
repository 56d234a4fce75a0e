using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;

namespace MlOps.Packaging.Internal;

/// <summary>A bill of materials under construction: components and what they depend on, each by its reference, in ordinal order.</summary>
internal sealed class CycloneDx
{
    private readonly SortedDictionary<string, JsonObject> _components = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, IReadOnlyCollection<string>> _dependencies = new(StringComparer.Ordinal);
    private JsonObject? _root;

    /// <summary>Sets what the bill is of.</summary>
    public void Root(JsonObject component) => _root = component;

    /// <summary>Adds a component; its reference.</summary>
    /// <exception cref="ArgumentException">Another component has its reference.</exception>
    public string Add(JsonObject component)
    {
        var reference = (string)component["bom-ref"]!;
        if (!_components.TryAdd(reference, component) && !JsonNode.DeepEquals(_components[reference], component))
        {
            throw new ArgumentException($"two different components are called '{reference}'", nameof(component));
        }

        return reference;
    }

    /// <summary>Adds a package; its reference.</summary>
    public string Add(SbomPackage package)
    {
        var url = package.Url.ToString();
        if (package.DependsOn is { } needed)
        {
            DependsOn(url, [.. needed.Select(one => one.ToString())]);
        }

        return Add(new JsonObject
        {
            ["type"] = "library",
            ["bom-ref"] = url,
            ["name"] = package.Url.Name,
            ["version"] = package.Url.Version,
            ["purl"] = url,
            ["hashes"] = package.Digest is { } digest ? Hashes(digest) : null,
            ["licenses"] = Licences(package.Licence),
        });
    }

    /// <summary>Says what a component needs.</summary>
    public void DependsOn(string reference, IReadOnlyCollection<string> needed) => _dependencies[reference] = needed;

    /// <summary>The bill; what somebody needs and nobody added is left out of the graph.</summary>
    public byte[] ToBytes(DateTimeOffset? timestamp)
    {
        var known = _components.Keys.Append((string)_root!["bom-ref"]!).ToHashSet(StringComparer.Ordinal);
        var bom = new JsonObject
        {
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["version"] = 1,
            ["metadata"] = new JsonObject
            {
                ["timestamp"] = timestamp?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                ["component"] = _root,
            },
            ["components"] = List(_components.Values, component => component),
            ["dependencies"] = List(_dependencies, one => new JsonObject
            {
                ["ref"] = one.Key,
                ["dependsOn"] = List(one.Value.Where(known.Contains).Distinct().Order(StringComparer.Ordinal), reference => reference),
            }),
        };
        Prune(bom);
        bom["serialNumber"] = $"urn:uuid:{Uuid(Digest.Of(CanonicalJson.Compact(bom)))}";
        return Encoding.UTF8.GetBytes(CanonicalJson.Indented(bom));
    }

    public static JsonArray Hashes(Digest digest) => [new JsonObject { ["alg"] = "SHA-256", ["content"] = digest.Hex }];

    public static JsonArray? Licences(SbomLicence? licence) => licence is null ? null
        : licence.IsSpdx ? [new JsonObject { ["expression"] = licence.Text }]
        : [new JsonObject { ["license"] = new JsonObject { ["name"] = licence.Text } }];

    public static JsonArray List<T>(IEnumerable<T> items, Func<T, JsonNode> json) => [.. items.Select(json)];

    // Version 8 of RFC 9562: the bits are the content's.
    private static Guid Uuid(Digest content)
    {
        Span<byte> bytes = stackalloc byte[32];
        content.CopyTo(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new(bytes[..16], bigEndian: true);
    }

    // What was not given is not written.
    private static void Prune(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach (var (name, value) in members.ToList())
            {
                Prune(value);
                if (value is null or JsonArray { Count: 0 } or JsonObject { Count: 0 })
                {
                    members.Remove(name);
                }
            }
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items)
            {
                Prune(item);
            }
        }
    }
}
