using System.Reflection.Metadata;

namespace MlOps.Code.Internal;

/// <summary>What follows the codes of instructions: ECMA-335, part III.</summary>
internal static class Operands
{
    /// <summary>Whether it is a token: of a string, a signature, a type, a field or a method.</summary>
    public static bool IsToken(ILOpCode code) => code is ILOpCode.Call or ILOpCode.Callvirt or ILOpCode.Newobj or ILOpCode.Jmp or ILOpCode.Ldftn
        or ILOpCode.Ldvirtftn or ILOpCode.Calli or ILOpCode.Ldfld or ILOpCode.Ldflda or ILOpCode.Stfld or ILOpCode.Ldsfld or ILOpCode.Ldsflda
        or ILOpCode.Stsfld or ILOpCode.Cpobj or ILOpCode.Ldobj or ILOpCode.Stobj or ILOpCode.Initobj or ILOpCode.Castclass or ILOpCode.Isinst
        or ILOpCode.Unbox or ILOpCode.Unbox_any or ILOpCode.Box or ILOpCode.Newarr or ILOpCode.Ldelema or ILOpCode.Ldelem or ILOpCode.Stelem
        or ILOpCode.Refanyval or ILOpCode.Mkrefany or ILOpCode.Sizeof or ILOpCode.Constrained or ILOpCode.Ldtoken or ILOpCode.Ldstr;

    /// <summary>How many bytes it has where it is no token; a switch's are counted in itself.</summary>
    public static int Size(ILOpCode code) => code switch
    {
        ILOpCode.Ldarg_s or ILOpCode.Ldarga_s or ILOpCode.Starg_s or ILOpCode.Ldloc_s or ILOpCode.Ldloca_s or ILOpCode.Stloc_s
            or ILOpCode.Ldc_i4_s or ILOpCode.Unaligned or ILOpCode.Leave_s or (>= ILOpCode.Br_s and <= ILOpCode.Blt_un_s) => 1,
        ILOpCode.Ldarg or ILOpCode.Ldarga or ILOpCode.Starg or ILOpCode.Ldloc or ILOpCode.Ldloca or ILOpCode.Stloc => 2,
        ILOpCode.Ldc_i4 or ILOpCode.Ldc_r4 or ILOpCode.Leave or (>= ILOpCode.Br and <= ILOpCode.Blt_un) => 4,
        ILOpCode.Ldc_i8 or ILOpCode.Ldc_r8 => 8,
        _ => 0,
    };

    /// <summary>Reads the code of the next instruction.</summary>
    public static ILOpCode Next(ref BlobReader il)
    {
        var first = il.ReadByte();
        return first == 0xfe ? (ILOpCode)(0xfe00 | il.ReadByte()) : (ILOpCode)first;
    }
}
