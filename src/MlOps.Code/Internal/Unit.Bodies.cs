using System.Buffers;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Runtime.InteropServices;

namespace MlOps.Code.Internal;

internal sealed partial class Unit
{
    private void WriteMethod(CodeMethod method)
    {
        var definition = method.Definition;
        Write(method.IsGenerated ? $"made {Number(method)}" : "method");
        Write(Spell(definition.DecodeSignature(this, null)));
        // Hints to the JIT compiler change no result; what the runtime does itself or at once by one thread only does.
        Write((definition.Attributes & (MethodAttributes.Static | MethodAttributes.PinvokeImpl), definition.ImplAttributes & (MethodImplAttributes.CodeTypeMask | MethodImplAttributes.InternalCall | MethodImplAttributes.Synchronized)) switch
        {
            (0, 0) => "PrivateScope IL",
            (MethodAttributes.Static, 0) => "Static IL",
            var (attributes, implementation) => $"{attributes} {implementation}",
        });
        if (method == method.Type.StaticConstructor)
        {
            // Says when it runs: at the latest moment, or at any before.
            Write($"{method.Type.Definition.Attributes & TypeAttributes.BeforeFieldInit}");
        }

        if ((definition.Attributes & MethodAttributes.PinvokeImpl) != 0)
        {
            var import = definition.GetImport();
            Write($"{Reader.GetString(Reader.GetModuleReference(import.Module).Name)} {Reader.GetString(import.Name)} {import.Attributes}");
        }

        foreach (var blob in MetadataText.Attributes(Reader, definition.GetCustomAttributes(), MetadataText.IsOfRuntime))
        {
            // An accessor reaches what nobody can see from here.
            Mention(MentionKind.Whole, new CodeConcern(CodeConcernKind.Widened, assembly.Name, "private members are reached by name", new(method, 0)));
            Write(blob);
        }

        if (assembly.Body(definition) is { } body)
        {
            WriteBody(method, body);
        }
    }

    private void WriteBody(CodeMethod method, MethodBodyBlock body)
    {
        if (!body.LocalSignature.IsNil)
        {
            Write($"{body.LocalVariablesInitialized} {Join(Reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(this, null))}");
        }

        foreach (var region in body.ExceptionRegions)
        {
            Write($"{region.Kind} {region.TryOffset} {region.TryLength} {region.HandlerOffset} {region.HandlerLength} {region.FilterOffset}");
            if (!region.CatchType.IsNil)
            {
                Write(Mentioned(region.CatchType));
            }
        }

        var bytes = body.GetILContent().AsSpan();
        var il = body.GetILReader();
        var (from, constrained) = (0, false);
        while (il.RemainingBytes > 0)
        {
            var at = il.Offset;
            var code = Operands.Next(ref il);
            if (Operands.IsToken(code))
            {
                Write(bytes[from..il.Offset]);
                WriteTokenOnce(code, il.ReadInt32(), new(method, at), constrained);
                from = il.Offset;
            }
            else
            {
                var size = code == ILOpCode.Switch ? 4 * il.ReadInt32() : Operands.Size(code);
                il.Offset += size;
            }

            constrained = code == ILOpCode.Constrained;
        }

        Write(bytes[from..]);
    }

    /// <summary>Most tokens say the same wherever they stand: their text and what they mention are made once.</summary>
    private void WriteTokenOnce(ILOpCode code, int token, CallSite site, bool constrained)
    {
        var key = ((long)code << 33) | ((constrained ? 1L : 0) << 32) | (uint)token;
        if (assembly.Tokens.TryGetValue(key, out var known))
        {
            _text.Write(known.Text);
            _mentions.AddRange(known.Mentions);
            return;
        }

        var (start, mentioned, numbered) = (_text.WrittenCount, _mentions.Count, _numberings);
        WriteToken(code, MetadataTokens.Handle(token), site, constrained);
        if (_numberings == numbered && !HasConcern(CollectionsMarshal.AsSpan(_mentions)[mentioned..]))
        {
            assembly.Tokens[key] = (_text.WrittenSpan[start..].ToArray(), [.. CollectionsMarshal.AsSpan(_mentions)[mentioned..]]);
        }
    }

    private static bool HasConcern(ReadOnlySpan<Mention> mentions)
    {
        foreach (var mention in mentions)
        {
            if (mention.Kind is MentionKind.Whole or MentionKind.Concern)
            {
                return true;
            }
        }

        return false;
    }

    private void WriteToken(ILOpCode code, Handle token, CallSite site, bool constrained)
    {
        switch (token.Kind)
        {
            case HandleKind.UserString:
                // As it stands there: UTF-8 has no lone surrogates.
                Write(MemoryMarshal.AsBytes(Reader.GetUserString((UserStringHandle)token).AsSpan()));
                break;
            case HandleKind.StandaloneSignature:
                Write(Spell(Reader.GetStandaloneSignature((StandaloneSignatureHandle)token).DecodeMethodSignature(this, null)));
                break;
            case HandleKind.TypeDefinition or HandleKind.TypeReference or HandleKind.TypeSpecification:
                WriteType(code, (EntityHandle)token);
                break;
            case HandleKind.FieldDefinition:
                WriteField(code, (FieldDefinitionHandle)token);
                break;
            case HandleKind.MemberReference when Reader.GetMemberReference((MemberReferenceHandle)token).GetKind() == MemberReferenceKind.Field:
                WriteField(code, (MemberReferenceHandle)token, site);
                break;
            default:
                WriteCall(code, (EntityHandle)token, site, constrained);
                break;
        }
    }

    private void WriteType(ILOpCode code, EntityHandle token)
    {
        Write(Mentioned(token));
        if (TypeOf(token).Type is { } type)
        {
            if (code == ILOpCode.Ldtoken)
            {
                Initialise(type);
                Make(type);
            }
            else if (type.IsEnum && code is ILOpCode.Box or ILOpCode.Constrained or ILOpCode.Newarr)
            {
                Mention(MentionKind.Members, type);
            }
        }
    }
}
