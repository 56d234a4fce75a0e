using System.Globalization;
using System.Reflection;
using System.Reflection.Metadata;

namespace MlOps.Code.Internal;

/// <summary>An instruction that mentions a member.</summary>
/// <param name="Method">Where it stands; perhaps one that the compiler made.</param>
/// <param name="Offset">From the start of its body.</param>
internal readonly record struct CallSite(CodeMethod Method, int Offset);

internal sealed partial class Unit
{
    private void WriteCall(ILOpCode code, EntityHandle token, CallSite site, bool constrained)
    {
        var arguments = "";
        if (token.Kind == HandleKind.MethodSpecification)
        {
            var constructed = Reader.GetMethodSpecification((MethodSpecificationHandle)token);
            var types = constructed.DecodeSignature(this, null);
            Construct("", types);
            arguments = $"<{Join(types)}>";
            token = constructed.Method;
        }

        if (token.Kind == HandleKind.MethodDefinition)
        {
            var method = assembly[(MethodDefinitionHandle)token];
            Write($"{Name(method.Type)}::{NameOf(method)}{arguments}{Spell(method.Definition.DecodeSignature(this, null))}");
            Call(code, method, site, constrained);
            return;
        }

        var reference = Reader.GetMemberReference((MemberReferenceHandle)token);
        var signature = reference.DecodeMethodSignature(this, null);
        var parent = Parent(reference);
        var target = parent.Type is { } type ? Find(type, Reader.GetString(reference.Name), reference) : null;
        Write($"{parent}::{(target is null ? Reader.GetString(reference.Name) : NameOf(target))}{arguments}{Spell(signature)}");
        if (target is not null)
        {
            Call(code, target, site, constrained);
        }
        else
        {
            Foreign(AssemblyOf(reference.Parent), MemberName.Of(Reader, token), parent.Text, signature, arguments, site);
        }
    }

    private void Call(ILOpCode code, CodeMethod target, CallSite site, bool constrained)
    {
        if ((target.Definition.Attributes & MethodAttributes.PinvokeImpl) != 0)
        {
            Mention(MentionKind.Concern, new CodeConcern(CodeConcernKind.Irreproducible, $"{target.Type.Name}.{target.Name}", "a native library", site));
        }

        if (code == ILOpCode.Newobj)
        {
            Live(target.Type);
        }

        if (target.IsVirtual && (constrained || code is ILOpCode.Callvirt or ILOpCode.Ldvirtftn || target.IsStatic))
        {
            Mention(MentionKind.Slot, target);
        }

        Reach(target);
    }

    private void WriteField(ILOpCode code, FieldDefinitionHandle handle)
    {
        var definition = Reader.GetFieldDefinition(handle);
        var type = assembly[definition.GetDeclaringType()];
        WriteField(code, Name(type).Text, type, definition);
    }

    private void WriteField(ILOpCode code, MemberReferenceHandle handle, CallSite site)
    {
        var reference = Reader.GetMemberReference(handle);
        var parent = Parent(reference);
        var name = Reader.GetString(reference.Name);
        if (parent.Type is { } type && Field(type, name) is { } found)
        {
            WriteField(code, parent.Text, type, found);
        }
        else
        {
            Write($"{parent}::{name}:{reference.DecodeFieldSignature(this, null)}");
            Foreign(AssemblyOf(reference.Parent), new(TypeNames.Of(Reader, reference.Parent), name), parent.Text, null, "", site);
        }
    }

    private void WriteField(ILOpCode code, string parent, CodeType type, FieldDefinition field)
    {
        // The signature is of the assembly that defines it; its text is the same from everywhere.
        var reader = type.Assembly.Reader;
        var text = type.Assembly == assembly ? field.DecodeSignature(this, null).Text : field.DecodeSignature(type.Assembly.Names, null).Text;
        Write($"{parent}::{NameOf(type, reader.GetString(field.Name))}:{text}");
        if ((field.Attributes & FieldAttributes.Static) != 0)
        {
            Initialise(type);
            foreach (var blob in MetadataText.Attributes(reader, field.GetCustomAttributes(), MetadataText.IsOfRuntime))
            {
                Write(blob);
            }
        }

        if (field.GetRelativeVirtualAddress() is var address and not 0)
        {
            var data = type.Assembly.Data(address);
            Write(data.ReadBytes(Math.Min(MetadataText.SizeOf(type.Assembly, field), data.RemainingBytes)));
        }
    }

    /// <summary>A member is used that is not followed.</summary>
    private void Foreign(AssemblyReference? home, MemberName member, string parent, MethodSignature<TypeText>? signature, string arguments, CallSite site)
    {
        var isPackage = home is { } reference && assemblies.Package(Reader.GetString(reference.Name), reference.Version) is not null;
        if (isPackage ? KnownApis.MayReflect(signature, arguments) : KnownApis.Reflects(member, signature, arguments) && !IsOfJsonContext(site.Method.Type))
        {
            Mention(MentionKind.Whole, new CodeConcern(CodeConcernKind.Widened, assembly.Name, $"{member.Type}.{member.Name} sees members that no instruction names", site));
        }

        if (!isPackage && !IsOfIterator(site.Method) && KnownApis.Irreproducible(member, parent, signature) is { } why)
        {
            Mention(MentionKind.Concern, new CodeConcern(CodeConcernKind.Irreproducible, $"{member.Type}.{member.Name}", why, site));
        }
    }

    // The JSON source generator has read the attributes when it compiled; what it leaves finds them once more, for callers that ask.
    private bool IsOfJsonContext(CodeType type) =>
        assemblies.Ancestry(type.Outer is { } outer && type.IsGenerated ? outer : type).ForeignInterfaces.Contains("System.Text.Json.Serialization.JsonSerializerContext");

    // It asks for the thread, lest two go through it at once.
    private static bool IsOfIterator(CodeMethod method) =>
        method.Type.IsGenerated && (method.Name == ".ctor" || method.Name.EndsWith(".GetEnumerator", StringComparison.Ordinal) || method.Name.EndsWith(".GetAsyncEnumerator", StringComparison.Ordinal));

    private string NameOf(CodeMethod method) => method.Name.StartsWith('<') && method.IsGenerated ? Number(method) : method.Name;

    // A field that holds a primary constructor's parameter is named after it; its place among them says which it is, also to other methods.
    private string NameOf(CodeType type, string name) => !name.StartsWith('<') && !type.IsGenerated ? name
        : type.IsGenerated ? Number((type, name))
        : name.EndsWith(">P", StringComparison.Ordinal) ? string.Create(CultureInfo.InvariantCulture, $"parameter {Captured(type).IndexOf(name)}")
        : name;

    private static List<string> Captured(CodeType type) => [.. type.Definition.GetFields()
        .Select(handle => type.Assembly.Reader.GetString(type.Assembly.Reader.GetFieldDefinition(handle).Name))
        .Where(name => name.StartsWith('<') && name.EndsWith(">P", StringComparison.Ordinal))];

    private TypeText Parent(MemberReference reference) => reference.Parent.Kind switch
    {
        HandleKind.ModuleReference => new("<Module>"),
        HandleKind.MethodDefinition => Name(assembly[(MethodDefinitionHandle)reference.Parent].Type),
        _ => TypeOf(reference.Parent),
    };

    private AssemblyReference? AssemblyOf(EntityHandle parent) => parent.Kind switch
    {
        HandleKind.TypeReference => TypeNames.AssemblyOf(Reader, (TypeReferenceHandle)parent),
        HandleKind.TypeSpecification when TypeNames.Definition(Reader, (TypeSpecificationHandle)parent) is { IsNil: false, Kind: HandleKind.TypeReference } type =>
            TypeNames.AssemblyOf(Reader, (TypeReferenceHandle)type),
        _ => null,
    };

    /// <summary>The method that a reference means, in the type that it names or a base of it.</summary>
    private CodeMethod? Find(CodeType type, string name, MemberReference reference)
    {
        var wanted = new Lazy<string>(() => Spell(reference.DecodeMethodSignature(assembly.Names, null)));
        for (CodeType? home = type; home is not null; home = assemblies.BaseOf(home))
        {
            if (home.MethodsNamed(name).FirstOrDefault(method => method.Signature == wanted.Value) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static FieldDefinition? Field(CodeType type, string name)
    {
        foreach (var handle in type.Definition.GetFields())
        {
            var field = type.Assembly.Reader.GetFieldDefinition(handle);
            if (type.Assembly.Reader.StringComparer.Equals(field.Name, name))
            {
                return field;
            }
        }

        return null;
    }
}
