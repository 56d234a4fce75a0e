namespace MlOps.Tests.Pipelines;

public sealed class ManifestSchemaTests
{
    [Fact]
    public void The_committed_schema_of_nuke_json_is_what_its_record_says() => Committed("nuke.schema.json", ManifestSchema.NukeJson);

    [Fact]
    public void The_committed_schema_of_included_files_is_what_its_record_says() => Committed("include.schema.json", ManifestSchema.IncludeJson);

    [Fact]
    public void The_committed_schema_of_model_json_is_what_its_record_says() => Committed("model.schema.json", ManifestSchema.ModelJson);

    private static void Committed(string file, string expected)
    {
        var path = Path.Combine(RepositoryFolder.Root, "build", "schema", file);
        if (Environment.GetEnvironmentVariable("MLOPS_WRITE_GOLDENS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, expected);
        }

        Assert.Equal(expected, File.ReadAllText(path));
    }
}
