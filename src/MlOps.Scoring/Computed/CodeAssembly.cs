using System.Reflection;
using System.Runtime.Loader;

namespace MlOps.Scoring.Computed;

/// <summary>A model's compiled code, loaded. What it refers to comes from its own folder; the framework and this product come from the program that loads it.</summary>
public sealed class CodeAssembly
{
    private static readonly string[] Prefixes = ["System.", "Microsoft."];

    private CodeAssembly(Assembly assembly) => Assembly = assembly;

    /// <summary>What was loaded.</summary>
    public Assembly Assembly { get; }

    /// <summary>Loads an assembly for as long as the program runs.</summary>
    /// <param name="path">Its file.</param>
    /// <exception cref="IOException">It is not there.</exception>
    /// <exception cref="BadImageFormatException">It is no assembly.</exception>
    public static CodeAssembly Load(string path) => new(new Context(Path.GetFullPath(path)).Main());

    /// <summary>A function by its full name, <c>Type.Method</c>.</summary>
    /// <exception cref="MissingMethodException">There is none, or several.</exception>
    public MethodInfo Method(string name)
    {
        var dot = name.LastIndexOf('.');
        var methods = dot <= 0 || Assembly.GetType(name[..dot]) is not { } type ? [] : type.GetMethods(BindingFlags.Public | BindingFlags.Static).Where(method => method.Name == name[(dot + 1)..]).ToArray();
        return methods is [var only] ? only : throw new MissingMethodException($"{Path.GetFileName(Assembly.Location)} has {methods.Length} functions '{name}'");
    }

    /// <summary>The framework's assemblies by name. They lie elsewhere than the program; or, in a program that brings its framework, beside it, and are told by their names.</summary>
    /// <param name="trusted">What the runtime loads by itself, as it says.</param>
    /// <param name="program">The program's folder.</param>
    internal static HashSet<string> FrameworkOf(string trusted, string program)
    {
        var all = trusted.Split(Path.PathSeparator).Where(file => file.Length > 0).ToLookup(file => Path.GetDirectoryName(file) == Path.TrimEndingDirectorySeparator(program), Path.GetFileNameWithoutExtension);
        var beside = all[true].Contains("System.Private.CoreLib") ? all[true].Where(name => name is "mscorlib" or "netstandard" or "WindowsBase" or "System" || Prefixes.Any(prefix => name!.StartsWith(prefix, StringComparison.Ordinal))) : [];
        return [.. all[false].Concat(beside).OfType<string>()];
    }

    private sealed class Context(string path) : AssemblyLoadContext(Path.GetFileNameWithoutExtension(path))
    {
        private static readonly HashSet<string> Framework = FrameworkOf((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "", AppContext.BaseDirectory);

        public Assembly Main() => LoadFromAssemblyPath(path);

        protected override Assembly? Load(AssemblyName assemblyName) =>
            assemblyName.Name is { } name && !name.StartsWith("MlOps.", StringComparison.Ordinal) && !Framework.Contains(name)
                && Path.Join(Path.GetDirectoryName(path), name + ".dll") is var beside && File.Exists(beside) ? LoadFromAssemblyPath(beside) : null;
    }
}
