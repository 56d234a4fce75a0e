using System.Reflection.Metadata;

namespace MlOps.Code.Internal;

internal sealed partial class Unit
{
    /// <summary>All that reflection can tell of a type: its members in their order, their names and those of their parameters, and every attribute;
    /// of the module's own type all that it can tell of the assembly.</summary>
    public static Unit OfMetadata(CodeType type, CodeAssemblies assemblies)
    {
        var unit = new Unit(type.Assembly, assemblies);
        var reader = type.Assembly.Reader;
        unit.Write($"{type.Definition.Attributes}");
        unit.WriteAttributes(type.Definition.GetCustomAttributes());
        unit.WriteParameters(type.Definition.GetGenericParameters());
        if (type.IsModule)
        {
            unit.WriteAssembly();
        }

        foreach (var field in type.Definition.GetFields().Select(reader.GetFieldDefinition))
        {
            unit.Write($"{field.Attributes} {reader.GetString(field.Name)} {field.DecodeSignature(unit, null)}");
            unit.Write(field.GetDefaultValue() is { IsNil: false } constant ? reader.GetBlobBytes(reader.GetConstant(constant).Value) : []);
            unit.WriteAttributes(field.GetCustomAttributes());
        }

        foreach (var property in type.Definition.GetProperties().Select(reader.GetPropertyDefinition))
        {
            unit.Write(reader.GetString(property.Name));
            unit.WriteAttributes(property.GetCustomAttributes());
        }

        foreach (var happening in type.Definition.GetEvents().Select(reader.GetEventDefinition))
        {
            unit.Write(reader.GetString(happening.Name));
            unit.WriteAttributes(happening.GetCustomAttributes());
        }

        foreach (var method in type.Methods.Where(method => !method.IsGenerated))
        {
            unit.Write($"{method.Definition.Attributes} {method.Name}");
            unit.WriteAttributes(method.Definition.GetCustomAttributes());
            unit.WriteParameters(method.Definition.GetGenericParameters());
            foreach (var parameter in method.Definition.GetParameters().Select(reader.GetParameter))
            {
                unit.Write($"{parameter.SequenceNumber} {parameter.Attributes} {reader.GetString(parameter.Name)}");
                unit.Write(parameter.GetDefaultValue() is { IsNil: false } value ? reader.GetBlobBytes(reader.GetConstant(value).Value) : []);
                unit.WriteAttributes(parameter.GetCustomAttributes());
            }
        }

        return unit.Finish();
    }

    private void WriteAssembly()
    {
        var definition = Reader.GetAssemblyDefinition();
        Write($"{assembly.Name} {definition.Version} {Reader.GetString(definition.Culture)}");
        WriteAttributes(definition.GetCustomAttributes());
        WriteAttributes(Reader.GetModuleDefinition().GetCustomAttributes());
        foreach (var type in assembly.Types.Where(type => !type.IsGenerated))
        {
            Write(type.Name);
        }
    }

    private void WriteParameters(IEnumerable<GenericParameterHandle> handles)
    {
        foreach (var parameter in handles.Select(Reader.GetGenericParameter))
        {
            Write($"{Reader.GetString(parameter.Name)} {parameter.Attributes}");
            WriteAttributes(parameter.GetCustomAttributes());
            foreach (var constraint in parameter.GetConstraints().Select(Reader.GetGenericParameterConstraint))
            {
                Write(Mentioned(constraint.Type));
            }
        }
    }

    private void WriteAttributes(CustomAttributeHandleCollection handles)
    {
        foreach (var blob in MetadataText.Attributes(Reader, handles, MetadataText.IsSaid))
        {
            Write(blob);
        }
    }
}
