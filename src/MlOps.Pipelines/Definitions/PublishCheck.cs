using MlOps.Containers;
using MlOps.Content;
using MlOps.Packaging;
using MlOps.Pipelines.Packages;

namespace MlOps.Pipelines.Definitions;

/// <summary>What is wrong with where a workspace publishes, and with the keys that it trusts: told as soon as it is declared, not when somebody releases.</summary>
internal static class PublishCheck
{
    /// <summary>The registry's name, and whether every model has repositories of its own in it.</summary>
    /// <param name="declared">What is declared; null for nothing.</param>
    /// <param name="at">The place of a member.</param>
    /// <param name="models">The models.</param>
    public static IEnumerable<Diagnostic> Registry(string? declared, Func<string[], string> at, IReadOnlyList<ModelDefinition> models) =>
        declared is null ? [] : Registry(declared, at(["registry"])).Concat(PackageName.Clashes(models.Select(model => model.Name)).Select(clash => new Diagnostic("MLO2292", $"model '{clash.Model}' has no repository of its own in the registry")
        {
            Where = models.First(model => model.Name == clash.Model).File,
            Why = Clash(clash.Model, clash.Other),
            Mend = $"rename one, or declare no \"registry\" in {WorkspaceDefinition.FileName}",
        }));

    /// <summary>The files of trusted keys. What counts is the protected branch's; what is declared here becomes that.</summary>
    /// <param name="root">The workspace.</param>
    /// <param name="environment">Its name.</param>
    /// <param name="files">What it declares.</param>
    /// <param name="at">The place of a member.</param>
    /// <param name="observe">Told each file before it is read.</param>
    public static IEnumerable<Diagnostic> Trust(string root, string environment, IReadOnlyList<string?> files, Func<string[], string> at, Action<string> observe) =>
        files.Select((file, index) => Key(root, file ?? "", at(["environments", environment, "trust", $"{index}"]), observe)).OfType<Diagnostic>();

    private static Diagnostic? Key(string root, string file, string where, Action<string> observe)
    {
        if (WorkspaceDefinition.Outside(file, where) is { } outside)
        {
            return outside with { Mend = "name the public half of a key from the workspace: keys/NAME.pub" };
        }

        if (!File.Exists(Path.Join(root, file)))
        {
            return new("MLO2321", $"the trusted key '{file}' is not there")
            {
                Where = where,
                Why = "a key that cannot be read lets nobody's signature count",
                Mend = "put the public key there, or remove the line (then ./build.sh Keys lists the keys that are here, and Keys --new makes a pair)",
            };
        }

        observe(file);
        try
        {
            PublicKey.Read(Path.Join(root, file), file);
            return null;
        }
        catch (DiagnosticException malformed)
        {
            return malformed.Diagnostics[0] with { Why = $"{malformed.Diagnostics[0].Why}; {where} trusts it" };
        }
        catch (Exception unreadable) when (IoFailure.Covers(unreadable))
        {
            return new("MLO2321", $"the trusted key '{file}' cannot be read") { Where = where, Why = unreadable.Message, Mend = "let everybody read it: a public key is no secret" };
        }
    }

    private static List<Diagnostic> Registry(string declared, string where)
    {
        try
        {
            var name = Reference.Parse(declared);
            return name is { Tag: null, Digest: null } ? [] : [new("MLO2320", $"'{declared}' names one artifact, not where artifacts are published")
            {
                Where = where,
                Why = "each model has repositories of its own below it, and each version a tag",
                Mend = $"write \"{name.Registry}/{name.Repository}\"",
            }];
        }
        catch (DiagnosticException malformed)
        {
            return [.. malformed.Diagnostics.Select(problem => problem with { Where = where, Mend = problem.Code == "MLO8101" ? "write HOST[:PORT]/PATH without https://, such as registry.example.org/team" : problem.Mend })];
        }
    }

    private static string Clash(string model, string? other)
    {
        var repository = PackageName.RepositoryOf(model);
        return other is null ? $"'{repository}' cannot be one: letters and digits with one '.', one or two '_', or any number of '-' between"
            : repository == PackageName.RepositoryOf(other) ? $"model '{other}' has '{repository}' as well: repositories have small letters, and nothing but letters and digits at their ends"
            : repository == PackageName.ImageRepositoryOf(other) ? $"'{repository}' has the images of model '{other}'"
            : $"its images would be in '{PackageName.ImageRepositoryOf(model)}', which has the packages of model '{other}'";
    }
}
