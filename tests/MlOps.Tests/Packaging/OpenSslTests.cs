using System.Diagnostics;
using MlOps.Packaging;
using MlOps.Tests.Content;

namespace MlOps.Tests.Packaging;

/// <summary>What openssl makes is read, and what is made here openssl reads.</summary>
public sealed class OpenSslTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void A_signed_payload_is_verified_by_openssl()
    {
        using var key = SigningKey.Create();
        var bundle = Bundle.Sign(Attestation.Statement(), key);
        _folder.Write("key.pub", key.Public.Until(new(2030, 1, 1)).ToPem());
        File.WriteAllBytes(Path.Join(_folder.Root, "signature"), bundle.Signature.ToArray());
        File.WriteAllBytes(Path.Join(_folder.Root, "payload"), [.. "DSSEv1 28 application/vnd.in-toto+json "u8, .. System.Text.Encoding.ASCII.GetBytes($"{bundle.Payload.Length} "), .. bundle.Payload.Span]);
        Assert.Equal("Verified OK", Run("dgst", "-sha256", "-verify", "key.pub", "-signature", "signature", "payload"));
        Assert.Equal($"{key.Public.Id}", Run("dgst", "-sha256", "-r", Der("key.pub"))[..64]);
    }

    [SkippableFact]
    public void Keys_that_openssl_made_sign_here()
    {
        Run("ecparam", "-name", "prime256v1", "-genkey", "-out", "traditional.key");
        Run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "plain.key");
        Run("pkcs8", "-topk8", "-in", "plain.key", "-passout", "pass:word", "-out", "locked.key");
        foreach (var (name, password) in new[] { ("traditional", null), ("plain", null), ("locked", "word") })
        {
            using var key = SigningKey.FromPem(_folder.Read($"{name}.key"), name, password);
            Run("pkey", "-in", $"{name}.key", "-passin", "pass:word", "-pubout", "-out", $"{name}.pub");
            Assert.Equal(PublicKey.Read(Path.Join(_folder.Root, $"{name}.pub")).Id, key.Public.Id);
        }
    }

    [SkippableFact]
    public void Openssl_reads_a_key_that_is_encrypted_here()
    {
        using var key = SigningKey.Create();
        _folder.Write("locked.key", key.ToPem("word"));
        Run("pkey", "-in", "locked.key", "-passin", "pass:word", "-pubout", "-out", "key.pub");
        Assert.Equal(key.Public.Id, PublicKey.Read(Path.Join(_folder.Root, "key.pub")).Id);
    }

    private string Der(string file)
    {
        Run("pkey", "-pubin", "-in", file, "-outform", "DER", "-out", "key.der");
        return "key.der";
    }

    private string Run(params string[] arguments)
    {
        using var process = Start(arguments);
        Skip.If(process is null, "openssl is not installed");
        var output = process.StandardOutput.ReadToEnd().Trim();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, error);
        return output;
    }

    private Process? Start(string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("openssl", arguments) { WorkingDirectory = _folder.Root, RedirectStandardOutput = true, RedirectStandardError = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
