using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MlOps.Content;

namespace MlOps.Packaging.Internal;

/// <summary>Reads what a statement says as one of the known kinds.</summary>
internal static class Predicate
{
    public static bool TryRead<T>(Statement statement, string type, JsonTypeInfo<T> wire, [NotNullWhen(true)] out T? value, [NotNullWhen(false)] out string? why)
        where T : class
    {
        value = null;
        why = statement.PredicateType == type ? null : $"it says '{ForeignText.Shown(statement.PredicateType, 64)}', not '{type}'";
        try
        {
            value = why is null ? statement.Predicate.Deserialize(wire) : null;
        }
        catch (JsonException failure)
        {
            why = BoundedJson.Told(failure);
        }

        return value is not null;
    }
}
