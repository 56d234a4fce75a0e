using System.Security.Cryptography;
using MlOps.Code;
using MlOps.Content;

namespace MlOps.Tests.Code;

/// <summary>What paths that the compiler's arguments cannot say as they are do.</summary>
public sealed class CSharpCompilerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mlops-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Code_compiles_to_the_same_in_a_folder_with_separators_in_its_name()
    {
        var plain = await CompileAsync("plain");
        var odd = await CompileAsync("a,b=c d;e");
        Assert.Equal(SHA256.HashData(plain.Image), SHA256.HashData(odd.Image));
        Assert.Equal(SHA256.HashData(plain.Symbols), SHA256.HashData(odd.Symbols));
        Assert.DoesNotContain("a,b=c d", System.Text.Encoding.UTF8.GetString(odd.Symbols), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\"b.cs")]
    [InlineData("a\nb.cs")]
    [InlineData("a*.cs")]
    public async Task A_path_that_the_compiler_would_read_as_several_is_refused(string file)
    {
        await File.WriteAllTextAsync(Path.Join(_folder, file), "class A;");
        var refused = await Assert.ThrowsAsync<DiagnosticException>(() => CSharpCompiler.Find().CompileAsync("Odd", _folder, [file], [], default));
        Assert.Equal("MLO8303", refused.Diagnostics.Single().Code);
        Assert.Equal(file.Replace("\n", "\\n", StringComparison.Ordinal), refused.Diagnostics.Single().Where);
    }

    private async Task<CompiledCode> CompileAsync(string name)
    {
        var root = Directory.CreateDirectory(Path.Join(_folder, name)).FullName;
        await File.WriteAllTextAsync(Path.Join(_folder, "Other.cs"), "namespace O; public static class Other { public static int F() => 1; }");
        await File.WriteAllBytesAsync(Path.Join(root, "Other.dll"), (await CSharpCompiler.Find().CompileAsync("Other", _folder, ["Other.cs"], [], default)).Image);
        await File.WriteAllTextAsync(Path.Join(root, "A.cs"), "public static class A { public static int F() => O.Other.F(); }");
        return await CSharpCompiler.Find().CompileAsync("Odd", root, ["A.cs"], [Path.Join(root, "Other.dll")], default);
    }
}
