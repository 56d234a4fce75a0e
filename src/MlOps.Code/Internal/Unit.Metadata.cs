using System.Reflection.Metadata;

namespace MlOps.Code.Internal;

internal sealed partial class Unit
{
    /// <summary>All that reflection can tell of a type: the names of its members and of their parameters, and every attribute.</summary>
    public static Unit OfMetadata(CodeType type, CodeAssemblies assemblies)
    {
        var unit = new Unit(type.Assembly, assemblies);
        var reader = type.Assembly.Reader;
        unit.Write($"{type.Definition.Attributes}");
        unit.WriteAttributes(type.Definition.GetCustomAttributes());
        foreach (var field in type.Definition.GetFields().Select(reader.GetFieldDefinition).OrderBy(field => reader.GetString(field.Name), StringComparer.Ordinal))
        {
            unit.Write($"{field.Attributes} {reader.GetString(field.Name)} {field.DecodeSignature(unit, null)}");
            unit.Write(field.GetDefaultValue() is { IsNil: false } constant ? reader.GetBlobBytes(reader.GetConstant(constant).Value) : []);
            unit.WriteAttributes(field.GetCustomAttributes());
        }

        foreach (var property in type.Definition.GetProperties().Select(reader.GetPropertyDefinition).OrderBy(property => reader.GetString(property.Name), StringComparer.Ordinal))
        {
            unit.Write(reader.GetString(property.Name));
            unit.WriteAttributes(property.GetCustomAttributes());
        }

        foreach (var method in type.Methods.Where(method => !method.IsGenerated).OrderBy(method => method.Name + method.Signature, StringComparer.Ordinal))
        {
            unit.Write($"{method.Definition.Attributes} {method.Name}");
            unit.WriteAttributes(method.Definition.GetCustomAttributes());
            foreach (var parameter in method.Definition.GetParameters().Select(reader.GetParameter))
            {
                unit.Write($"{parameter.SequenceNumber} {parameter.Attributes} {reader.GetString(parameter.Name)}");
                unit.Write(parameter.GetDefaultValue() is { IsNil: false } value ? reader.GetBlobBytes(reader.GetConstant(value).Value) : []);
                unit.WriteAttributes(parameter.GetCustomAttributes());
            }
        }

        return unit.Finish();
    }

    private void WriteAttributes(CustomAttributeHandleCollection handles)
    {
        foreach (var blob in MetadataText.Attributes(Reader, handles, MetadataText.IsSaid))
        {
            Write(blob);
        }
    }
}
