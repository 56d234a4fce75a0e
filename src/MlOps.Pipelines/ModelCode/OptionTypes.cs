using System.Reflection;
using System.Text.Json.Serialization;
using MlOps.Content;
using MlOps.Learning;

namespace MlOps.Pipelines.ModelCode;

/// <summary>The types that the options of a trainer of a model's own code are read into.</summary>
internal static class OptionTypes
{
    /// <summary>Those with a converter: it is an attribute's, no call's, so that no fingerprint would know its code.</summary>
    /// <param name="trainer">Its type.</param>
    public static List<Diagnostic> Converted(Type trainer)
    {
        var (found, seen, left) = (new List<Diagnostic>(), new HashSet<Type>(), new Stack<Type>([trainer]));
        while (left.TryPop(out var type))
        {
            if (type.HasElementType)
            {
                left.Push(type.GetElementType()!);
                continue;
            }

            Array.ForEach(type.GetGenericArguments(), left.Push);
            // The framework's and packages' types count by name and version, and so do their converters.
            if (type.Assembly != trainer.Assembly || !seen.Add(type))
            {
                continue;
            }

            Refuse(type, $"type '{type.FullName}' of trainer '{trainer.FullName}'");
            foreach (var member in type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (((member as PropertyInfo)?.PropertyType ?? (member as FieldInfo)?.FieldType) is { } taken)
                {
                    Refuse(member, $"option '{member.Name}' of trainer '{trainer.FullName}'");
                    left.Push(taken);
                }
            }

            if (type.BaseType is { } parent && parent != typeof(TrainerOptions))
            {
                left.Push(parent);
            }
        }

        return found;

        void Refuse(MemberInfo member, string what)
        {
            if (member.GetCustomAttributesData().Any(attribute => attribute.AttributeType.IsAssignableTo(typeof(JsonConverterAttribute))))
            {
                found.Add(new("MLO8344", $"{what} has a converter")
                {
                    Why = "options are read as plain JSON; the code of a converter would not be known to the build",
                    Mend = "remove the attribute, and take a text, a number or an enumeration, which Fit makes what it likes of",
                });
            }
        }
    }
}
