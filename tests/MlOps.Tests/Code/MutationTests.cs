using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using MlOps.Code;
using MlOps.Code.Internal;

namespace MlOps.Tests.Code;

/// <summary>Random changes of single instructions of reachable code, made in the assembly's bytes.</summary>
public sealed class MutationTests
{
    private const int Mutations = 500;

    // Everything in it is reached from Run.
    private const string Program = """
        namespace M;

        public abstract class Shape { public abstract double Area(); public virtual double Edge => 4; }
        public sealed class Square(double a) : Shape { public override double Area() => a * a; public override double Edge => 4 * a; }
        public sealed class Circle(double r) : Shape { public override double Area() => 3.14159 * r * r; }

        public static class Helper
        {
            private static readonly double[] Weights = [0.25, 0.5, 0.125];

            public static double Smooth(double a, double b) => (a * Weights[0]) + (b * Weights[1]) + Weights[2];

            public static IEnumerable<double> Steps(int n)
            {
                for (var i = 0; i < n; i++)
                {
                    if (i % 3 == 1)
                    {
                        continue;
                    }

                    yield return i * 0.5;
                }
            }

            public static async Task<double> Later(double x)
            {
                await Task.Yield();
                return x > 7 ? x - 3 : x + 3;
            }
        }

        public static class Model
        {
            private static int s_calls = 5;

            public static double Run(double x)
            {
                var offset = 1.5;
                s_calls += 2;
                Shape[] shapes = [new Square(x), new Circle(x + 2)];
                Func<double, double> shift = v => v + offset - 0.25;
                var total = shapes.Sum(s => s.Area() - s.Edge) + Helper.Steps(9).Where(v => v > 0.75).Select(v => v * 2).Sum();
                var text = x switch { > 100 => "large", > 10 => "middle", _ => "small" };
                try
                {
                    total += text.Length / (s_calls - 7);
                }
                catch (DivideByZeroException)
                {
                    total -= 11;
                }

                return Helper.Smooth(total, shift(x)) + Local(x) + Helper.Later(x).Result;

                double Local(double y) => y < 2 ? y * offset : y - offset;
            }
        }
        """;

    // Pairs of instructions of the same size and the same effect on the stack.
    private static readonly Dictionary<ILOpCode, ILOpCode> Twins = new()
    {
        [ILOpCode.Add] = ILOpCode.Sub, [ILOpCode.Sub] = ILOpCode.Add, [ILOpCode.Mul] = ILOpCode.Div, [ILOpCode.Div] = ILOpCode.Mul, [ILOpCode.Rem] = ILOpCode.Mul,
        [ILOpCode.Brtrue_s] = ILOpCode.Brfalse_s, [ILOpCode.Brfalse_s] = ILOpCode.Brtrue_s, [ILOpCode.Blt_s] = ILOpCode.Bgt_s, [ILOpCode.Bgt_s] = ILOpCode.Blt_s,
        [ILOpCode.Ble_un_s] = ILOpCode.Bge_un_s, [ILOpCode.Bge_un_s] = ILOpCode.Ble_un_s, [ILOpCode.Bne_un_s] = ILOpCode.Beq_s, [ILOpCode.Beq_s] = ILOpCode.Bne_un_s,
        [ILOpCode.Ldc_i4_0] = ILOpCode.Ldc_i4_1, [ILOpCode.Ldc_i4_1] = ILOpCode.Ldc_i4_2, [ILOpCode.Ldc_i4_2] = ILOpCode.Ldc_i4_3, [ILOpCode.Ldc_i4_3] = ILOpCode.Ldc_i4_4,
        [ILOpCode.Ldc_i4_5] = ILOpCode.Ldc_i4_6, [ILOpCode.Ldc_i4_7] = ILOpCode.Ldc_i4_8, [ILOpCode.Ldarg_0] = ILOpCode.Ldarg_1, [ILOpCode.Ldarg_1] = ILOpCode.Ldarg_0,
        [ILOpCode.Cgt] = ILOpCode.Clt, [ILOpCode.Clt] = ILOpCode.Cgt, [ILOpCode.Dup] = ILOpCode.Pop, [ILOpCode.Ldelem_r8] = ILOpCode.Ldelem_i8,
    };

    [Fact]
    public void Every_changed_instruction_of_reachable_code_is_noticed()
    {
        var image = Compilation.Compile(Program);
        var whole = Compilation.FingerprintOf(image).Digest;
        var random = new Random(4711);
        var sites = Sites(image);
        Assert.InRange(sites.Count, 150, 2000);
        var missed = new List<string>();
        for (var i = 0; i < Mutations; i++)
        {
            var (name, mutate) = sites[random.Next(sites.Count)];
            byte[] mutant = [.. image];
            mutate(mutant, random);
            Assert.NotEqual(image, mutant);
            if (Compilation.FingerprintOf(mutant).Digest == whole)
            {
                missed.Add(name);
            }
        }

        Assert.Empty(missed);
    }

    /// <summary>Where an instruction can be changed so that the assembly still parses, and how.</summary>
    private static List<(string Name, Action<byte[], Random> Mutate)> Sites(byte[] image)
    {
        var sites = new List<(string, Action<byte[], Random>)>();
        using var assembly = new CodeAssembly(image);
        int[] own = [.. Enumerable.Range(1, assembly.Reader.GetTableRowCount(TableIndex.MethodDef)).Select(row => 0x06000000 | row)];
        int[] others = [.. assembly.Reader.MemberReferences.Where(handle => assembly.Reader.GetMemberReference(handle).GetKind() == MemberReferenceKind.Method).Select(handle => MetadataTokens.GetToken(handle))];
        foreach (var method in assembly.Types.SelectMany(type => type.Methods).Where(IsReached))
        {
            if (assembly.Body(method.Definition) is { } body)
            {
                byte[] il = [.. body.GetILContent()];
                var start = image.AsSpan().IndexOf(il);
                // Short bodies may stand there more than once: the right one cannot be told.
                if (il.Length < 8 || image.AsSpan(start + 1).IndexOf(il) >= 0)
                {
                    continue;
                }

                var reader = body.GetILReader();
                while (reader.RemainingBytes > 0)
                {
                    var at = reader.Offset;
                    var code = Operands.Next(ref reader);
                    var operand = start + reader.Offset;
                    var size = Operands.IsToken(code) ? 4 : code == ILOpCode.Switch ? 4 * (1 + reader.ReadInt32()) - 4 : Operands.Size(code);
                    reader.Offset += size;
                    var name = $"{method} {at}: {code}";
                    if (Twins.TryGetValue(code, out var twin))
                    {
                        sites.Add((name, (mutant, _) => mutant[start + at + ((int)code > 0xff ? 1 : 0)] = (byte)twin));
                    }
                    else if (code is ILOpCode.Ldc_r8 or ILOpCode.Ldc_r4 or ILOpCode.Ldc_i4 or ILOpCode.Ldc_i8 or ILOpCode.Ldc_i4_s)
                    {
                        sites.Add((name, (mutant, random) => mutant[operand + random.Next(size)] ^= (byte)(1 << random.Next(8))));
                    }
                    else if (code is ILOpCode.Call or ILOpCode.Callvirt && BitConverter.ToInt32(image, operand) is var token && token >> 24 is 0x06 or 0x0a)
                    {
                        int[] instead = [.. (token >> 24 == 0x06 ? own : others).Where(other => other != token)];
                        sites.Add((name, (mutant, random) => BitConverter.TryWriteBytes(mutant.AsSpan(operand), instead[random.Next(instead.Length)])));
                    }
                }
            }
        }

        return sites;
    }

    // Reflection's own way to say it: all but what records get and nobody calls.
    private static bool IsReached(CodeMethod method) => method.Definition.RelativeVirtualAddress != 0 && method.Type.Name != "<Module>"
        && method.Name is not ("SetStateMachine" or "Reset" or "System.Collections.IEnumerator.Reset") && !method.Type.Name.StartsWith("Microsoft.", StringComparison.Ordinal) && !method.Type.Name.StartsWith("System.", StringComparison.Ordinal);
}
