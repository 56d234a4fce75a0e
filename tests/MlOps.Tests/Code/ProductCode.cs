using System.Reflection.Metadata;
using MlOps.Code;
using MlOps.Code.Internal;
using MlOps.Pipelines.Definitions;

namespace MlOps.Tests.Code;

/// <summary>The product's own assemblies, as they are and with a method changed in their bytes.</summary>
internal static class ProductCode
{
    public static Dictionary<string, byte[]> Images { get; } = ActionCode.Assemblies.ToDictionary(name => name, name => File.ReadAllBytes(Path.Join(AppContext.BaseDirectory, name + ".dll")));

    public static Dictionary<string, CodeFingerprint> Fingerprints { get; } = Of(Images);

    public static Dictionary<string, CodeFingerprint> Of(Dictionary<string, byte[]> images)
    {
        using var code = new ActionCode(images.Values);
        return ActionCode.All.ToDictionary(entry => entry.Name, entry => code.Of(entry.Name, entry.Trainer));
    }

    /// <summary>The kinds of step whose code is another after the numbers in a method became others and its conditions the opposite.</summary>
    public static List<string> Touched(string assembly, string type, string method)
    {
        byte[] mutant = [.. Images[assembly]];
        Mutate(mutant, type, method);
        var changed = Of(Images.ToDictionary(image => image.Key, image => image.Key == assembly ? mutant : image.Value));
        return [.. Fingerprints.Where(known => known.Value.Digest != changed[known.Key].Digest).Select(known => known.Key).Order(StringComparer.Ordinal)];
    }

    private static void Mutate(byte[] image, string type, string method)
    {
        using var file = new System.Reflection.PortableExecutable.PEReader(new MemoryStream(image));
        using var assembly = new CodeAssembly(image);
        var start = file.PEHeaders.SectionHeaders;
        var changed = 0;
        foreach (var found in assembly.Find(type)!.Methods.Where(found => found.Name == method && found.Definition.RelativeVirtualAddress != 0))
        {
            var body = assembly.Body(found.Definition)!;
            var section = start.First(section => found.Definition.RelativeVirtualAddress >= section.VirtualAddress && found.Definition.RelativeVirtualAddress < section.VirtualAddress + section.VirtualSize);
            var at = found.Definition.RelativeVirtualAddress - section.VirtualAddress + section.PointerToRawData;
            // A tiny header has one byte, a fat one twelve (ECMA-335, II.25.4).
            at += (image[at] & 3) == 2 ? 1 : 12;
            var il = body.GetILReader();
            while (il.RemainingBytes > 0)
            {
                var code = Operands.Next(ref il);
                var size = Operands.IsToken(code) ? 4 : code == ILOpCode.Switch ? 4 * il.ReadInt32() : Operands.Size(code);
                if (code is ILOpCode.Ldc_r8 or ILOpCode.Ldc_r4 or ILOpCode.Ldc_i4 or ILOpCode.Ldc_i8 or ILOpCode.Ldc_i4_s)
                {
                    image[at + il.Offset] ^= 1;
                    changed++;
                }
                else if (code is ILOpCode.Ldc_i4_0 or ILOpCode.Ldc_i4_2 or ILOpCode.Ldc_i4_4 or ILOpCode.Ldc_i4_6)
                {
                    image[at + il.Offset - 1]++;
                    changed++;
                }

                else if (code is ILOpCode.Brtrue_s or ILOpCode.Brfalse_s)
                {
                    image[at + il.Offset - 1] ^= (byte)ILOpCode.Brtrue_s ^ (byte)ILOpCode.Brfalse_s;
                    changed++;
                }

                il.Offset += size;
            }
        }

        Assert.True(changed > 0, $"{type}.{method} has none to change");
    }
}
